// What a monitor launches from: settings, log, and the program, which lies in its directory between one launch and the next.
#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/mman.h>

#include "../sys/path.h"
#include "../sys/text.h"
#include "interpreter.h"
#include "monitor.h"

namespace cofferdam {
namespace {

constexpr int kDontNeed = 4;           // MADV_DONTNEED
constexpr int kCloseOnExecNoExec = 9;  // MFD_CLOEXEC | MFD_NOEXEC_SEAL

}  // namespace

Fault Monitor::prepare() {
  size_t size;
  uint8_t* bytes = programBytes(request_, &size);
  if (!bytes) return {ENOMEM};
  if (int error = program_.read(bytes, size); error < 0) return {-error};
  if (int error = readSettings(); error < 0) return {-error};
  // The launcher's sockets are not the container's; the numbers stay taken.
  int null = request_.slot(0);
  for (int number = 0; number < 3; number++) sys::raw(__NR_dup3, null, number, O_CLOEXEC);
  long result = sys::raw(__NR_chdir, directory_);
  if (result == 0) result = file_.create(statusPath_);
  if (result < 0) return {static_cast<int>(-result)};
  int own = static_cast<int>(ownPid());
  file_.status.monitorPid = own;
  file_.status.monitorStart = processFacts(own).start;
  file_.status.state = static_cast<uint32_t>(StatusState::Starting);
  file_.write();
  if (int error = keepProgram(); error < 0) return {-error};
  records_ = static_cast<RecordHeader*>(map(request_.records(), kRecordsSize, MAP_SHARED));
  if (!records_) return {ENOMEM};
  Machine machine;
  machine.program = program_;
  machine.actor = Actor::Monitor;
  uint32_t step = kNoStep;
  if (int error = runProgram(machine, &step); error < 0) return {-error, 0, step};
  return {};
}

// What the first process need not wait for: it makes its root meanwhile. What it writes waits in its pipes.
Fault Monitor::openDoors() {
  if (int error = openLog(); error < 0) return {-error};
  if (int error = control_.open(); error < 0) return {-error};
  return {};
}

// After the first launch the file is the program: arguments and environment in this memory would only take room. The
// launcher's buffer begins with a page, so that all of it can be given back, and reads as zeroes.
void Monitor::forgetRequest() {
  if (request_.external()) {
    sys::raw(__NR_munmap, &program_.header(), size_t{program_.header().size});
    sys::close(request_.descriptors[2]);
    for (unsigned i = 3; i < request_.count; i++) request_.descriptors[i - 1] = request_.descriptors[i];
    request_.count--;
  }
  sys::raw(__NR_madvise, request_.bytes, size_t{kInlineLimit}, kDontNeed);
}

int Monitor::readSettings() {
  bool found = false;
  for (uint32_t i = 0; i < program_.size(); i++) {
    const Operation& operation = program_.operation(i);
    if (operation.code == static_cast<uint16_t>(Code::Init)) ownInit_ = true;
    if (operation.code == static_cast<uint16_t>(Code::Log)) streams_ = operation.args[arg::Log::streams] & 6;
    if (operation.code != static_cast<uint16_t>(Code::Monitor)) continue;
    using A = arg::Monitor;
    directory_ = program_.string(operation, A::directory);
    statusPath_ = program_.string(operation, A::status);
    restart_ = operation.args[A::restart];
    mostRestarts_ = operation.args[A::most];
    kill_ = operation.args[A::kill];
    ephemeral_ = operation.args[A::ephemeral];
    reboots_ = operation.args[A::reboot];
    found = true;
  }
  return found ? 0 : -EBADMSG;
}

int Monitor::openLog() {
  using A = arg::Log;
  for (uint32_t i = 0; i < program_.size(); i++) {
    const Operation& operation = program_.operation(i);
    if (operation.code == static_cast<uint16_t>(Code::Log))
      return log_.open(program_.string(operation, A::path), operation.args[A::size], operation.args[A::files]);
  }
  return 0;
}

int Monitor::keepProgram() {
  constexpr int flags = O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW;
  int file = sys::openBelow(sys::kWorkingDirectory, "program.new", flags, 0600);
  if (file < 0) return file;
  auto* bytes = reinterpret_cast<const uint8_t*>(&program_.header());
  long result = 0;
  for (size_t done = 0, size = program_.header().size; done < size; done += static_cast<size_t>(result)) {
    result = sys::retry(__NR_write, file, bytes + done, size - done);
    if (result <= 0) break;
  }
  sys::close(file);
  if (result >= 0)
    result = sys::raw(__NR_renameat2, sys::kWorkingDirectory, "program.new", sys::kWorkingDirectory, "program", 0);
  if (result < 0) sys::raw(__NR_unlinkat, sys::kWorkingDirectory, "program.new", 0);
  return static_cast<int>(result);
}

// The program as it was kept becomes what the request brings.
int Monitor::openProgram() {
  int file = sys::openBelow(sys::kWorkingDirectory, "program", O_RDONLY | O_NOFOLLOW);
  if (file < 0) return file;
  ProgramHeader header;
  long size = sys::retry(__NR_read, file, &header, sizeof header);
  auto* bytes = size == sizeof header ? static_cast<uint8_t*>(map(file, header.size, MAP_PRIVATE)) : nullptr;
  sys::close(file);
  if (!bytes) return -ENOMEM;
  if (int error = program_.read(bytes, header.size); error < 0) return error;
  request_.bytes = bytes;
  request_.size = header.size;
  isOpen_ = true;
  return readSettings();
}

void Monitor::closeProgram() {
  if (isOpen_) sys::raw(__NR_munmap, request_.bytes, request_.size);
  isOpen_ = false;
}

// The records of the first launch are Node's; each further one has its own, which nobody but the launched process and this
// one see.
int Monitor::openRecords() {
  long file = sys::raw(__NR_memfd_create, "cofferdam-records", kCloseOnExecNoExec);
  if (file == -EINVAL) file = sys::raw(__NR_memfd_create, "cofferdam-records", 1 /* MFD_CLOEXEC */);
  if (file < 0) return static_cast<int>(file);
  request_.records() = static_cast<int>(file);
  if (long set = sys::raw(__NR_ftruncate, file, kRecordsSize); set < 0) return static_cast<int>(set);
  records_ = static_cast<RecordHeader*>(map(request_.records(), kRecordsSize, MAP_SHARED));
  return records_ ? 0 : -ENOMEM;
}

void Monitor::closeRecords() {
  if (records_) sys::raw(__NR_munmap, records_, kRecordsSize);
  records_ = nullptr;
  sys::close(request_.records());
}

}  // namespace cofferdam
