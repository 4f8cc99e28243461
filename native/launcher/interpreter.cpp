#include "interpreter.h"

#include <linux/errno.h>
#include <linux/mman.h>

#include "report.h"

namespace cofferdam {
namespace {

// A switch instead of a table of function pointers: a table would need relocations, which the launcher has none of.
int runOperation(Machine& machine, const Operation& operation) {
  switch (operation.code >> 4) {
    case 0:
      return runFileOperation(machine, operation);
    case 1:
      return runCgroupOperation(machine, operation);
    case 2:
      return runMountOperation(machine, operation);
    case 3:
      return runProcessOperation(machine, operation);
    case 4:
      return runIdentityOperation(machine, operation);
    case 5:
      return runStreamOperation(machine, operation);
    case 6:
      return runNetworkOperation(machine, operation);
    case 7:
      // What the monitor is told; it has read it.
      return 0;
    default:
      return -ENOSYS;
  }
}

bool tolerated(uint8_t tolerate, int error) {
  if (tolerate & kTolerateAny) return true;
  switch (error) {
    case EEXIST:
      return tolerate & kTolerate_EEXIST;
    case ENOENT:
      return tolerate & kTolerate_ENOENT;
    case EPERM:
    case EACCES:
      return tolerate & kTolerate_EPERM;
    case EBUSY:
      return tolerate & kTolerate_EBUSY;
    case EINVAL:
      return tolerate & kTolerate_EINVAL;
    case EOPNOTSUPP:
      return tolerate & kTolerate_EOPNOTSUPP;
    default:
      return false;
  }
}

// What never waits, or does not without patience.
bool isQuick(const Operation& operation) {
  switch (static_cast<Code>(operation.code)) {
    case Code::CgroupRemove:
    case Code::Lock:
    case Code::Guard:
    case Code::RemoveDirectory:
    case Code::Unlink:
    case Code::Close:
      return true;
    default:
      return false;
  }
}

// The step is stored before the operation, so that it is known even when the process does not survive it.
void begin(Machine& machine, uint32_t index) {
  if (!machine.records) return;
  auto* step = machine.actor == Actor::Host ? &machine.records->hostStep : &machine.records->step;
  __atomic_store_n(step, machine.recordBase + index, __ATOMIC_RELEASE);
}

void end(Machine& machine, uint32_t index, int result) {
  if (!machine.records || machine.recordBase + index >= kMaxOperations) return;
  auto* records = reinterpret_cast<Record*>(machine.records + 1);
  records[machine.recordBase + index] = {-result, 1, sys::monotonicNanoseconds()};
}

// Tells the state, waits for a continuation and makes it the machine's program.
int rendezvous(Machine& machine, const Operation& operation) {
  int result = report(machine.launchSocket, Message::Ready, static_cast<int64_t>(operation.args[0]));
  if (result < 0) return result;
  struct {
    MessageHeader header;
    alignas(8) uint8_t program[kInlineLimit];
  } * message;
  long memory = sys::raw(__NR_mmap, 0, sizeof *message, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory < 0 && memory > -4096) return static_cast<int>(memory);
  message = reinterpret_cast<decltype(message)>(memory);
  int descriptors[sys::kMostDescriptors];
  unsigned count = sys::kMostDescriptors;
  long size = sys::receiveMessage(machine.launchSocket, message, sizeof *message, descriptors, &count);
  if (size < 0) return static_cast<int>(size);
  if (size == 0) return -ECANCELED;
  if (static_cast<size_t>(size) < sizeof(MessageHeader)) return -EBADMSG;
  auto first = static_cast<uint64_t>(message->header.value);
  if (first + count > kMaxSlots) return -EBADMSG;
  for (unsigned i = 0; i < count; i++) machine.slots[first + i] = descriptors[i];
  machine.recordBase += machine.program.size();
  return machine.program.read(message->program, static_cast<size_t>(size) - sizeof(MessageHeader));
}

}  // namespace

int runProgram(Machine& machine, uint32_t* step) {
  for (uint32_t i = 0; i < machine.program.size(); i++) {
    const Operation& operation = machine.program.operation(i);
    if (operation.actor != static_cast<uint8_t>(machine.actor)) continue;
    if (machine.skip > 0) {
      machine.skip--;
      continue;
    }
    begin(machine, i);
    machine.step = i;
    bool continues = operation.code == static_cast<uint16_t>(Code::Rendezvous);
    uint8_t tolerate = operation.tolerate;
    int result = continues ? rendezvous(machine, operation) : runOperation(machine, operation);
    if (continues && result == 0) {
      i = ~0u;  // the continuation starts at its own first operation
      continue;
    }
    uint32_t at = machine.blamed == Machine::kNobody ? i : machine.blamed;
    machine.blamed = Machine::kNobody;
    end(machine, at, result);
    if (result < 0 && !tolerated(tolerate, -result)) {
      *step = machine.recordBase + at;
      return result;
    }
  }
  return 0;
}

Outcome runUndo(uint8_t* bytes, size_t size, bool janitor, bool patient, Elsewhere elsewhere) {
  Outcome outcome = {0, 0};
  Machine machine;
  machine.patient = patient;
  machine.elsewhere = elsewhere;
  if (int error = machine.program.read(bytes, size); error < 0) return {-error, 0};
  for (int pass = janitor ? 0 : 1; pass < 2; pass++) {
    auto actor = static_cast<uint8_t>(pass == 0 ? Actor::Janitor : Actor::Undo);
    for (uint32_t i = 0; i < machine.program.size(); i++) {
      const Operation& operation = machine.program.operation(i);
      if (operation.actor != actor) continue;
      if (machine.skip > 0) {
        machine.skip--;
        continue;
      }
      // What comes after an operation may only be done once that is: the second run, with patience, does it all.
      if (!patient && !isQuick(operation)) {
        if (outcome.error == 0) outcome = {EBUSY, i};
        break;
      }
      int result = runOperation(machine, operation);
      if (result < 0 && !tolerated(operation.tolerate, -result) && outcome.error == 0) outcome = {-result, i};
    }
  }
  for (int slot : machine.slots)
    if (slot >= 0) sys::close(slot);
  return outcome;
}

}  // namespace cofferdam
