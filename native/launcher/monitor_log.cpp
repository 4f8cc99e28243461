#include "monitor_log.h"

#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/stat.h>

#include "../program/layout.h"
#include "../sys/path.h"
#include "../sys/syscall.h"
#include "../sys/text.h"
#include "monitor_status.h"

namespace cofferdam {
namespace {

using PathText = text::Builder<4096>;

constexpr int kOpenFlags = O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW;
// At the end: more than a pipe holds (64 KiB) comes from a process that has escaped, which may write for ever.
constexpr unsigned kMostRounds = 64;

char logPath[4096];
alignas(8) uint8_t buffer[sizeof(LogHeader) + 8176];

}  // namespace

int Log::open(const char* path, uint64_t size, uint64_t files) {
  size_t length = text::length(path) + 1;
  if (length > sizeof logPath) return -ENAMETOOLONG;
  text::copy(logPath, path, length);
  most_ = size;
  files_ = files;
  file_ = sys::openBelow(sys::kWorkingDirectory, path, kOpenFlags, 0600);
  if (file_ < 0) return file_;
  long end = sys::raw(__NR_lseek, file_, 0, 2 /* SEEK_END */);
  size_ = end > 0 ? static_cast<uint64_t>(end) : 0;
  return 0;
}

int Log::makePipe(unsigned stream) {
  int ends[2];
  if (long made = sys::raw(__NR_pipe2, ends, O_CLOEXEC); made < 0) return static_cast<int>(made);
  text::Builder<32> name;
  name.add("/proc/self/fd/").add(static_cast<uint64_t>(ends[1]));
  int both = sys::openBelow(sys::kWorkingDirectory, name.text(), O_RDWR);
  if (both < 0) {
    sys::close(ends[0]);
    sys::close(ends[1]);
    return both;
  }
  sys::close(ends[1]);
  sys::raw(__NR_fcntl, ends[0], F_SETFL, O_NONBLOCK);
  closeInput(stream - 1);
  inputs_[stream - 1] = ends[0];
  return both;
}

void Log::setTerminal(int master) {
  closeInput(2);
  sys::raw(__NR_fcntl, master, F_SETFL, O_RDWR | O_NONBLOCK);
  inputs_[2] = master;
}

bool Log::take(unsigned index) {
  // No piece is larger than a file may be.
  size_t room = most_ && most_ < sizeof buffer ? most_ : sizeof buffer;
  long size = sys::retry(__NR_read, inputs_[index], buffer + sizeof(LogHeader), room - sizeof(LogHeader));
  if (size == -EAGAIN) return true;
  if (size <= 0) {
    // A terminal that nobody has open says EIO, until somebody opens it again.
    closeInput(index);
    return false;
  }
  if (isOpen()) append(index == 1 ? 2 : 1, static_cast<size_t>(size));
  return true;
}

// A piece that lies in the buffer, behind the room for its header.
void Log::append(uint32_t stream, size_t size) {
  size_t whole = sizeof(LogHeader) + size;
  if (most_ && size_ && size_ + whole > most_) rotate();
  if (file_ < 0) return;
  *reinterpret_cast<LogHeader*>(buffer) = {realtimeNanoseconds(), stream, static_cast<uint32_t>(size)};
  long written = sys::retry(__NR_write, file_, buffer, whole);
  if (written == static_cast<long>(whole)) {
    size_ += whole;
    return;
  }
  // The disk is full. Half a piece would make the rest unreadable.
  if (written > 0) sys::raw(__NR_ftruncate, file_, size_);
  lost_ += size;
}

void Log::rotate() {
  for (uint64_t number = files_ > 1 ? files_ - 1 : 0; number > 0; number--) {
    PathText from, to;
    from.add(logPath);
    if (number > 1) from.add(".").add(number - 1);
    to.add(logPath).add(".").add(number);
    if (!from.full() && !to.full())
      sys::raw(__NR_renameat2, sys::kWorkingDirectory, from.text(), sys::kWorkingDirectory, to.text(), 0);
  }
  if (files_ <= 1) sys::raw(__NR_unlinkat, sys::kWorkingDirectory, logPath, 0);
  int next = sys::openBelow(sys::kWorkingDirectory, logPath, kOpenFlags, 0600);
  // Without a new one the old one goes on.
  if (next < 0) return;
  sys::close(file_);
  file_ = next;
  size_ = 0;
}

void Log::closeInput(unsigned index) {
  if (inputs_[index] >= 0) sys::close(inputs_[index]);
  inputs_[index] = -1;
}

void Log::finish() {
  for (unsigned i = 0; i < kInputs; i++) {
    for (unsigned round = 0; inputs_[i] >= 0 && round < kMostRounds; round++) {
      struct {
        int descriptor;
        short wanted, found;
      } input = {inputs_[i], 1 /* POLLIN */, 0};
      const struct { int64_t seconds, nanoseconds; } noTime = {0, 0};
      if (sys::raw(__NR_ppoll, &input, 1, &noTime, nullptr, 0) <= 0 || !take(i)) break;
    }
    closeInput(i);
  }
}

}  // namespace cofferdam
