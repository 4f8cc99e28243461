#include "launch.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/memfd.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>

#include <algorithm>

#include "../sys/message.h"
#include "../sys/syscall.h"
#include "socket.h"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif

namespace cofferdam {
namespace {

Failure failed(long result, const char* syscall) { return Failure{static_cast<int>(-result), syscall, {}}; }

// Before Linux 6.3 the flag is unknown; from then on a memfd without it is refused where vm.memfd_noexec=2.
Result<UniqueFd> dataMemfd(const char* name) {
  long fd = sys::raw(__NR_memfd_create, name, MFD_CLOEXEC | MFD_NOEXEC_SEAL);
  if (fd == -EINVAL) fd = sys::raw(__NR_memfd_create, name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
  return descriptor(fd, "memfd_create");
}

// The program's bytes where the launched process maps them; sealed, so that what it checks is what it runs.
Result<UniqueFd> externalProgram(std::span<const uint8_t> program) {
  Result<UniqueFd> memfd = dataMemfd("cofferdam-program");
  if (!memfd) return memfd;
  for (size_t done = 0; done < program.size();) {
    long count = sys::retry(__NR_write, memfd->get(), program.data() + done, program.size() - done);
    if (count < 0) return failed(count, "write");
    done += static_cast<size_t>(count);
  }
  constexpr int seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
  if (long sealed = sys::raw(__NR_fcntl, memfd->get(), F_ADD_SEALS, seals); sealed < 0) return failed(sealed, "fcntl");
  return memfd;
}

}  // namespace

// Takes note of what the reaper must know of a program; false when it is none.
bool Launch::note(std::span<const uint8_t> program) {
  ProgramHeader header;
  if (program.size() < sizeof header) return false;
  memcpy(&header, program.data(), sizeof header);
  if (header.magic != kMagic || header.version != kVersion || header.size != program.size()) return false;
  if (header.operations > kMaxOperations - operations) return false;
  if (sizeof header + uint64_t{header.operations} * kOperationSize > program.size()) return false;
  if (uint64_t{header.cgroupPath} + header.cgroupPathSize >= program.size()) return false;
  if (uint64_t{header.monitorPath} + header.monitorPathSize >= program.size()) return false;
  for (uint32_t i = 0; i < header.operations; i++) {
    uint16_t code;
    memcpy(&code, program.data() + sizeof header + size_t{i} * kOperationSize, sizeof code);
    if (code == static_cast<uint16_t>(Code::Init)) ownInit = true;
  }
  operations += header.operations;
  return true;
}

// This process's end and the child's end of one standard stream. The child's goes into the request.
std::optional<Failure> Launch::connectStream(unsigned index, const StandardStream& stream, LaunchOptions& options,
                                             int nullDevice, Request* request) {
  if (stream.kind == StandardStream::Kind::Ignore) return request->add(nullDevice), std::nullopt;
  if (stream.kind == StandardStream::Kind::Descriptor) return request->add(stream.descriptor), std::nullopt;
  int ends[2];
  if (long made = sys::raw(__NR_pipe2, ends, O_CLOEXEC); made < 0) return failed(made, "pipe2");
  UniqueFd reader(ends[0]);
  UniqueFd writer(ends[1]);
  UniqueFd& mine = index == 0 ? writer : reader;
  request->add(std::move(index == 0 ? reader : writer));
  if (index == 0 && options.input)
    input.open(std::move(mine), std::move(*options.input));
  else if (index > 0 && stream.kind == StandardStream::Kind::Collect)
    outputs[index - 1].open(std::move(mine), options.maxBuffer);
  else
    parentEnds[index] = std::move(mine);
  return std::nullopt;
}

Done Launch::prepare(LaunchOptions options, int nullDevice, Request* request) {
  if (!note(options.program)) return Failure{EBADMSG, "launch", {}};
  ProgramHeader header;
  memcpy(&header, options.program.data(), sizeof header);
  detached = header.flags & kFlagDetached;
  // A monitor has an intermediate to itself.
  split = header.flags & kFlagSplit && !detached;
  watched = header.flags & kFlagWatch;
  timeout = options.timeout;
  drain = options.drain;
  keepUndo = options.keepUndo;
  exitFiles = std::move(options.exitFiles);
  atExit = std::move(options.atExit);
  undo.program = std::move(options.undo);

  int ends[2];
  long made = sys::raw(__NR_socketpair, AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends);
  if (made < 0) return failed(made, "socketpair");
  socket.reset(ends[0]);
  request->add(UniqueFd(ends[1]));

  Result<UniqueFd> memfd = dataMemfd("cofferdam-records");
  if (!memfd) return memfd.failure();
  records = std::move(*memfd);
  // Sparse: only what the process writes takes memory.
  if (long set = sys::raw(__NR_ftruncate, records.get(), kRecordsSize); set < 0) return failed(set, "ftruncate");
  request->add(records.get());

  request->message = options.program;
  if (options.program.size() > kInlineLimit) {
    Result<UniqueFd> external = externalProgram(options.program);
    if (!external) return external.failure();
    request->add(std::move(*external));
    header.flags |= kFlagExternal;
    // The launcher sees no more of the program than this: the header, and the paths that it names with their NULs.
    request->kept.resize(sizeof header);
    auto keep = [&](uint32_t& offset, uint32_t size) {
      if (!offset) return;
      auto path = options.program.subspan(offset, size + 1);
      offset = static_cast<uint32_t>(request->kept.size());
      request->kept.insert(request->kept.end(), path.begin(), path.end());
    };
    keep(header.cgroupPath, header.cgroupPathSize);
    keep(header.monitorPath, header.monitorPathSize);
    memcpy(request->kept.data(), &header, sizeof header);
    request->message = request->kept;
  }

  size_t firstSlot = request->descriptors.size();
  for (unsigned i = 0; i < 3; i++)
    if (auto failure = connectStream(i, options.stdio[i], options, nullDevice, request)) return *failure;
  for (int given : options.descriptors) request->add(given);

  // What one message cannot carry waits on the launch's socket, before anybody can ask for it.
  std::span<const int> all = request->descriptors;
  for (size_t at = firstSlot + kRequestDescriptors; at < all.size(); at += sys::kMostDescriptors) {
    auto batch = all.subspan(at, std::min<size_t>(all.size() - at, sys::kMostDescriptors));
    MessageHeader head = {static_cast<uint32_t>(Message::Descriptor), 0, static_cast<int64_t>(batch.size())};
    if (int error = sendNow(socket.get(), bytesOf(head), batch); error < 0) return failed(error, "sendmsg");
  }
  if (all.size() > firstSlot + kRequestDescriptors) request->descriptors.resize(firstSlot + kRequestDescriptors);
  return Nothing{};
}

int Launch::kill(int signal) {
  if (signal < 0 || signal > 64) return -EINVAL;
  std::lock_guard lock(mutex);
  if (gone) return 0;
  if (!process) {
    if (signal > 0) waitingSignals |= uint64_t{1} << (signal - 1);
    if (signal == SIGKILL && intermediate) sys::raw(__NR_pidfd_send_signal, intermediate.get(), SIGKILL, nullptr, 0);
    return 1;
  }
  long result = sys::raw(__NR_pidfd_send_signal, process.get(), signal, nullptr, 0);
  return result == -ESRCH ? 0 : result < 0 ? static_cast<int>(result) : 1;
}

void Launch::killGroup() {
  kill(SIGKILL);
  std::lock_guard lock(mutex);
  // Of setsid(2) in its program. Until it is reaped, the number is its own; before the setsid there is no such group.
  if (process && !gone) sys::raw(__NR_kill, -pid, SIGKILL);
}

int Launch::duplicatePidfd() {
  std::lock_guard lock(mutex);
  if (!process) return -1;
  long copy = sys::raw(__NR_fcntl, process.get(), F_DUPFD_CLOEXEC, 3);
  return copy < 0 ? -1 : static_cast<int>(copy);
}

Done Launch::resume(std::span<const uint8_t> program, std::span<const int> descriptors, uint32_t firstSlot) {
  std::lock_guard lock(mutex);
  if (!socket) return Failure{ESRCH, "sendmsg", {}};
  if (program.size() > kInlineLimit) return Failure{E2BIG, "sendmsg", {}};
  if (!note(program)) return Failure{EBADMSG, "continue", {}};
  MessageHeader header = {static_cast<uint32_t>(Message::Continue), 0, firstSlot};
  std::vector<uint8_t> message(sizeof header + program.size());
  memcpy(message.data(), &header, sizeof header);
  memcpy(message.data() + sizeof header, program.data(), program.size());
  if (int error = sendNow(socket.get(), message, descriptors); error < 0) return failed(error, "sendmsg");
  return Nothing{};
}

void Launch::deliverWaitingSignals(const UniqueFd& pidfd) {
  for (int signal = 1; signal <= 64; signal++)
    if (waitingSignals >> (signal - 1) & 1) sys::raw(__NR_pidfd_send_signal, pidfd.get(), signal, nullptr, 0);
}

void Launch::adoptIntermediate(UniqueFd pidfd) {
  std::lock_guard lock(mutex);
  intermediate = std::move(pidfd);
  // Only what ends it: other signals are for the process that it is about to make.
  if (doomed || waitingSignals >> (SIGKILL - 1) & 1)
    sys::raw(__NR_pidfd_send_signal, intermediate.get(), SIGKILL, nullptr, 0);
}

void Launch::adoptProcess(int number, UniqueFd pidfd) {
  std::lock_guard lock(mutex);
  pid = number;
  process = std::move(pidfd);
  if (doomed) sys::raw(__NR_pidfd_send_signal, process.get(), SIGKILL, nullptr, 0);
  deliverWaitingSignals(process);
  waitingSignals = 0;
}

std::vector<uint8_t> Launch::readRecords() const {
  std::vector<uint8_t> bytes(sizeof(RecordHeader) + size_t{operations} * sizeof(Record));
  // Read, not mapped: a launched process could shrink the file, and then a mapping would be SIGBUS. What is missing
  // stays zero.
  for (size_t done = 0; done < bytes.size();) {
    long count = sys::retry(__NR_pread64, records.get(), bytes.data() + done, bytes.size() - done, done);
    if (count <= 0) break;
    done += static_cast<size_t>(count);
  }
  memcpy(bytes.data() + offsetof(RecordHeader, requested), &requested, sizeof requested);
  return bytes;
}

}  // namespace cofferdam
