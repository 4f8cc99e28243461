#include "monitor_status.h"

#include <linux/errno.h>
#include <linux/fcntl.h>

#include "../sys/path.h"
#include "../sys/syscall.h"
#include "../sys/text.h"

namespace cofferdam {
namespace {

constexpr size_t kMostOfText = 1024;

// Fields of proc_pid_stat(5), counted from the last parenthesis: the command's name may hold any characters.
uint64_t field(const char* text, long size, int number) {
  long at = size - 1;
  while (at > 0 && text[at] != ')') at--;
  for (int current = 2; current < number && at < size; current++) {
    while (at < size && text[at] != ' ') at++;
    at++;
  }
  uint64_t value = 0;
  for (; at < size && text[at] >= '0' && text[at] <= '9'; at++)
    value = value * 10 + static_cast<uint64_t>(text[at] - '0');
  return value;
}

}  // namespace

ProcessFacts processFacts(int pid) {
  text::Builder<32> path;
  path.add("/proc/").add(static_cast<uint64_t>(pid)).add("/stat");
  int file = sys::openBelow(sys::kWorkingDirectory, path.text(), O_RDONLY);
  if (file < 0) return {};
  char text[512];
  long size = sys::retry(__NR_read, file, text, sizeof text);
  sys::close(file);
  if (size <= 0) return {};
  return {field(text, size, 22), field(text, size, 9)};
}

uint64_t realtimeNanoseconds() {
  struct {
    int64_t seconds, nanoseconds;
  } now;
  sys::raw(__NR_clock_gettime, 0 /* CLOCK_REALTIME */, &now);
  return static_cast<uint64_t>(now.seconds) * 1000000000 + static_cast<uint64_t>(now.nanoseconds);
}

int StatusFile::create(const char* path) {
  sys::raw(__NR_unlinkat, sys::kWorkingDirectory, path, 0);
  file_ = sys::openBelow(sys::kWorkingDirectory, path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
  if (file_ < 0) return file_;
  status.magic = kMagic;
  status.version = kStatusVersion;
  status.size = sizeof status;
  return 0;
}

void StatusFile::copyText(const char* path) {
  char text[kMostOfText];
  int file = sys::openBelow(sys::kWorkingDirectory, path, O_RDONLY);
  long size = file < 0 ? 0 : sys::retry(__NR_read, file, text, sizeof text - 1);
  if (file >= 0) sys::close(file);
  if (size < 0) size = 0;
  text[size] = 0;
  long written = sys::retry(__NR_pwrite64, file_, text, size + 1, sizeof status + status.textSize);
  if (written > 0) status.textSize += static_cast<uint32_t>(written);
}

void StatusFile::write() {
  status.sequence = status.sequenceAgain = status.sequence + 1;
  sys::retry(__NR_pwrite64, file_, &status, sizeof status, 0);
}

}  // namespace cofferdam
