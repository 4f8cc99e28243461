#include "cgroup.h"

#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/signal.h>

#include "path.h"
#include "syscall.h"
#include "text.h"

namespace cofferdam::sys {
namespace {

using PathText = text::Builder<4096>;

constexpr uint64_t kWaitStep = 200;  // microseconds, doubled up to kWaitStepMost
constexpr uint64_t kWaitStepMost = 10000;
constexpr uint64_t kWaitTotal = 2000000;

int writeFile(const char* directory, const char* name, const char* value) {
  PathText path;
  path.add(directory).add("/").add(name);
  if (path.full()) return -ENAMETOOLONG;
  int file = openBelow(kWorkingDirectory, path.text(), O_WRONLY);
  if (file < 0) return file;
  long written = retry(__NR_write, file, value, text::length(value));
  close(file);
  return written < 0 ? static_cast<int>(written) : 0;
}

// Calls `visit(name)` for each child cgroup of an open directory.
template <typename Visit>
int forEachChild(const char* path, Visit visit) {
  struct Entry {
    uint64_t inode;
    int64_t offset;
    uint16_t size;
    uint8_t type;
    char name[];
  };
  constexpr uint8_t kDirectory = 4;  // DT_DIR
  int directory = openBelow(kWorkingDirectory, path, O_RDONLY | O_DIRECTORY);
  if (directory < 0) return directory;
  alignas(8) char buffer[2048];
  long size;
  while ((size = raw(__NR_getdents64, directory, buffer, sizeof buffer)) > 0) {
    for (long at = 0; at < size;) {
      auto* entry = reinterpret_cast<Entry*>(buffer + at);
      at += entry->size;
      if (entry->type == kDirectory && !text::equal(entry->name, ".") && !text::equal(entry->name, ".."))
        visit(entry->name);
    }
  }
  close(directory);
  return static_cast<int>(size);
}

// Sends SIGKILL to the processes in cgroup.procs, descendants included. Returns how many there were, or -errno.
int killListed(PathText& path, int depth) {
  if (depth > 64) return -ELOOP;
  size_t base = path.size();
  int count = 0;
  path.add("/cgroup.procs");
  if (path.full()) return -ENAMETOOLONG;
  int file = openBelow(kWorkingDirectory, path.text(), O_RDONLY);
  path.cut(base);
  if (file < 0) return file;
  char buffer[1024];
  uint64_t pid = 0;
  long size;
  while ((size = retry(__NR_read, file, buffer, sizeof buffer)) > 0) {
    for (long i = 0; i < size; i++) {
      if (buffer[i] >= '0' && buffer[i] <= '9') {
        pid = pid * 10 + static_cast<uint64_t>(buffer[i] - '0');
        continue;
      }
      // 0 is a process of another pid namespace that we cannot name; kill(0) would be our own group.
      if (pid > 1) {
        raw(__NR_kill, pid, SIGKILL);
        count++;
      }
      pid = 0;
    }
  }
  close(file);
  forEachChild(path.text(), [&](const char* name) {
    size_t before = path.size();
    path.add("/").add(name);
    if (!path.full()) {
      int below = killListed(path, depth + 1);
      if (below > 0) count += below;
    }
    path.cut(before);
  });
  return count;
}

int removeOnce(PathText& path, int depth) {
  long result = raw(__NR_unlinkat, kWorkingDirectory, path.text(), AT_REMOVEDIR);
  if (result == 0 || result == -ENOENT) return 0;
  if (result != -EBUSY || depth > 64) return static_cast<int>(result);
  forEachChild(path.text(), [&](const char* name) {
    size_t before = path.size();
    path.add("/").add(name);
    if (!path.full()) removeOnce(path, depth + 1);
    path.cut(before);
  });
  result = raw(__NR_unlinkat, kWorkingDirectory, path.text(), AT_REMOVEDIR);
  return result == -ENOENT ? 0 : static_cast<int>(result);
}

size_t parentSize(const char* path, size_t size) {
  while (size > 0 && path[size - 1] != '/') size--;
  return size > 0 ? size - 1 : 0;
}

}  // namespace

int cgroupCreate(const char* path, uint32_t depth) {
  long result = -ENOENT;
  for (int tries = 0; tries < 64; tries++) {
    result = raw(__NR_mkdirat, kWorkingDirectory, path, 0755);
    if (result != -ENOENT || depth <= 1) return static_cast<int>(result);
    PathText prefix;
    prefix.add(path);
    if (prefix.full()) return -ENAMETOOLONG;
    size_t ends[16];
    uint32_t count = 0;
    for (size_t end = parentSize(path, prefix.size()); count + 1 < depth && count < 16 && end > 0;
         end = parentSize(path, end))
      ends[count++] = end;
    while (count > 0) {
      PathText parent;
      parent.add(path, ends[--count]);
      raw(__NR_mkdirat, kWorkingDirectory, parent.text(), 0755);
    }
  }
  return static_cast<int>(result);
}

int cgroupKill(const char* path, uint32_t version) {
  if (version == 2) {
    int killed = writeFile(path, "cgroup.kill", "1");
    if (killed == 0) return 0;
    if (killed != -ENOENT && killed != -ENODEV) return killed;
  }
  const char* file = version == 2 ? "cgroup.freeze" : "freezer.state";
  PathText text;
  text.add(path);
  if (text.full()) return -ENAMETOOLONG;
  for (uint64_t waited = 0;; waited += kWaitStepMost) {
    writeFile(path, file, version == 2 ? "1" : "FROZEN");
    int count = killListed(text, 0);
    // v1: a frozen process dies only once thawed (before Linux 5.x even SIGKILL waits).
    writeFile(path, file, version == 2 ? "0" : "THAWED");
    if (count == -ENOENT) return 0;
    if (count <= 0) return count;
    if (waited >= kWaitTotal) return -EBUSY;
    sleepMicroseconds(kWaitStepMost);
  }
}

int cgroupRemove(const char* path, uint32_t depth, bool patient) {
  PathText text;
  text.add(path);
  if (text.full()) return -ENAMETOOLONG;
  int result;
  uint64_t step = kWaitStep;
  for (uint64_t waited = 0; (result = removeOnce(text, 0)) == -EBUSY && patient && waited < kWaitTotal;
       waited += step) {
    sleepMicroseconds(step);
    if (step < kWaitStepMost) step *= 2;
  }
  if (result < 0) return result;
  for (size_t end = text.size(); depth > 1; depth--) {
    end = parentSize(path, end);
    text.cut(end);
    if (end == 0 || raw(__NR_unlinkat, kWorkingDirectory, text.text(), AT_REMOVEDIR) != 0) break;
  }
  return 0;
}

}  // namespace cofferdam::sys
