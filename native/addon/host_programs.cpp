#include "host_programs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/memfd.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "../program/layout.h"
#include "../sys/syscall.h"
#include "process.h"
#include "socket.h"

namespace cofferdam {
namespace {

constexpr size_t kMostMessages = 4096;
// Beyond the program's own timeout: a busy machine starts processes in its own time.
constexpr uint64_t kPatience = 30'000;

uint64_t reference(size_t offset, size_t size) { return uint64_t{size} << 32 | offset; }

// A launch program of the one operation `run`.
std::vector<uint8_t> programOf(std::string_view command, Bytes input, uint64_t timeout) {
  size_t text = sizeof(ProgramHeader) + sizeof(Operation);
  size_t data = text + command.size() + 1;
  std::vector<uint8_t> bytes(data + input.size + 1);
  ProgramHeader header = {};
  header.magic = kMagic;
  header.version = kVersion;
  header.size = static_cast<uint32_t>(bytes.size());
  header.operations = 1;
  Operation run = {};
  run.code = static_cast<uint16_t>(Code::Run);
  run.actor = static_cast<uint8_t>(Actor::Child);
  run.args[arg::Run::command] = reference(text, command.size());
  run.args[arg::Run::input] = reference(data, input.size);
  run.args[arg::Run::timeout] = timeout;
  memcpy(bytes.data(), &header, sizeof header);
  memcpy(bytes.data() + sizeof header, &run, sizeof run);
  memcpy(bytes.data() + text, command.data(), command.size());
  if (input.size) memcpy(bytes.data() + data, input.data, input.size);
  return bytes;
}

std::string textOf(const UniqueFd& file) {
  std::string text(kMostMessages, 0);
  long size = sys::retry(__NR_pread64, file.get(), text.data(), text.size(), 0);
  text.resize(size > 0 ? static_cast<size_t>(size) : 0);
  return text;
}

}  // namespace

int HostPrograms::runOne(void* self, const char* command, Bytes input, uint64_t timeout) {
  return static_cast<HostPrograms*>(self)->run(command, input, timeout);
}

int HostPrograms::run(const char* command, Bytes input, uint64_t timeout) {
  if (!companions_) return -ENOTCONN;
  std::vector<uint8_t> program = programOf(command, input, timeout);
  if (program.size() > kInlineLimit) return -E2BIG;
  int ends[2];
  if (long made = sys::raw(__NR_socketpair, AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends); made < 0)
    return static_cast<int>(made);
  UniqueFd mine(ends[0]);
  Request request;
  request.add(UniqueFd(ends[1]));
  UniqueFd records(static_cast<int>(sys::raw(__NR_memfd_create, "cofferdam-records", MFD_CLOEXEC)));
  if (!records) return -EMFILE;
  if (long set = sys::raw(__NR_ftruncate, records.get(), kRecordsSize); set < 0) return static_cast<int>(set);
  request.add(std::move(records));
  request.message = program;
  if (Done sent = companions_->send(request); !sent) return -sent.failure().error;
  // The child's end is the child's alone, so that its end is seen here.
  request = Request();

  UniqueFd process;
  int error = 0;
  uint64_t until = sys::monotonicNanoseconds() + (timeout + kPatience) * 1'000'000;
  for (;;) {
    pollfd readable = {mine.get(), POLLIN, 0};
    uint64_t now = sys::monotonicNanoseconds();
    if (now >= until || poll(&readable, 1, static_cast<int>((until - now) / 1'000'000) + 1) == 0) {
      if (process) sys::raw(__NR_pidfd_send_signal, process.get(), SIGKILL, nullptr, 0);
      error = -ETIMEDOUT;
      break;
    }
    MessageHeader message = {};
    UniqueFd descriptor;
    int result = receiveNow(mine.get(), &message, &descriptor);
    if (result == 0) break;
    if (result != 1) continue;
    if (message.message == static_cast<uint32_t>(Message::Started))
      process = std::move(descriptor);
    else if (message.message == static_cast<uint32_t>(Message::Failed))
      error = -static_cast<int>(message.value);
    else if (message.message == static_cast<uint32_t>(Message::Descriptor) && descriptor && messages_.empty())
      messages_ = textOf(descriptor);
  }
  // The launcher ended with the request.
  if (!process) return error ? error : -ECONNRESET;
  siginfo_t info = {};
  long waited = sys::retry(__NR_waitid, P_PIDFD, process.get(), &info, WEXITED | __WALL, nullptr);
  if (error == 0 && waited == 0 && (info.si_code != CLD_EXITED || info.si_status != 0)) error = -EINTR;
  return error;
}

}  // namespace cofferdam
