#include "copy.h"

#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/stat.h>

#include "path.h"
#include "syscall.h"
#include "text.h"

namespace cofferdam::sys {
namespace {

constexpr int kDeepest = 256;
constexpr int kRead = O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK;
constexpr unsigned kClone = 0x40049409;  // FICLONE
constexpr size_t kMostAtOnce = size_t{1} << 30;
constexpr long kNodes = S_IFMT;

struct Facts {
  struct statx at;
  uint32_t type() const { return at.stx_mode & kNodes; }
  uint64_t device() const { return uint64_t{at.stx_dev_major} << 32 | at.stx_dev_minor; }
};

struct Entry {
  uint64_t inode;
  int64_t offset;
  uint16_t size;
  uint8_t type;
  char name[];
};

int look(int directory, const char* name, Facts* facts) {
  int flags = AT_SYMLINK_NOFOLLOW | (*name ? 0 : AT_EMPTY_PATH);
  return static_cast<int>(raw(__NR_statx, directory, name, flags, STATX_BASIC_STATS, &facts->at));
}

// By descriptor, since a name could come to mean something else; what is no file or directory has none that works.
int copyAttributes(int from, int to) {
  char names[4096];
  alignas(8) static char value[65536];
  long size = raw(__NR_flistxattr, from, names, sizeof names);
  if (size == -EOPNOTSUPP || size == -ERANGE) return 0;
  if (size < 0) return static_cast<int>(size);
  for (long at = 0; at < size; at += static_cast<long>(text::length(names + at)) + 1) {
    long length = raw(__NR_fgetxattr, from, names + at, value, sizeof value);
    if (length < 0) continue;
    long set = raw(__NR_fsetxattr, to, names + at, value, length, 0);
    // A label that this file system or security module does not want.
    if (set < 0 && set != -EOPNOTSUPP && set != -EPERM) return static_cast<int>(set);
  }
  return 0;
}

// After the contents, whose writing would drop set-user-ID bits and change times.
int copyFacts(int to, const Facts& facts) {
  long result = raw(__NR_fchown, to, facts.at.stx_uid, facts.at.stx_gid);
  if (result == 0) result = raw(__NR_fchmod, to, facts.at.stx_mode & 07777);
  const struct {
    int64_t seconds, nanoseconds;
  } times[2] = {{facts.at.stx_atime.tv_sec, facts.at.stx_atime.tv_nsec},
                {facts.at.stx_mtime.tv_sec, facts.at.stx_mtime.tv_nsec}};
  if (result == 0) result = raw(__NR_utimensat, to, nullptr, times, 0);
  return static_cast<int>(result);
}

int copyContents(int from, int to, uint64_t size) {
  if (size == 0 || raw(__NR_ioctl, to, kClone, from) == 0) return 0;
  for (;;) {
    long count = retry(__NR_copy_file_range, from, nullptr, to, nullptr, kMostAtOnce, 0);
    if (count == 0) return 0;
    if (count > 0) continue;
    if (count != -EXDEV && count != -EINVAL && count != -EOPNOTSUPP) return static_cast<int>(count);
    break;
  }
  // From one file system to another that do not know each other.
  alignas(8) static char buffer[65536];
  for (;;) {
    long count = retry(__NR_read, from, buffer, sizeof buffer);
    if (count <= 0) return static_cast<int>(count);
    for (long done = 0, written; done < count; done += written) {
      written = retry(__NR_write, to, buffer + done, count - done);
      if (written < 0) return static_cast<int>(written);
    }
  }
}

int copyFile(int from, int to, const char* name) {
  int source = static_cast<int>(raw(__NR_openat, from, name, kRead));
  if (source < 0) return source;
  Facts facts;
  int result = look(source, "", &facts);
  if (result == 0 && facts.type() != S_IFREG) result = -ESTALE;
  int target =
      result < 0 ? result : static_cast<int>(raw(__NR_openat, to, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  result = target < 0 ? target : copyContents(source, target, facts.at.stx_size);
  if (result == 0) result = copyFacts(target, facts);
  if (result == 0) result = copyAttributes(source, target);
  if (target >= 0) close(target);
  close(source);
  return result;
}

int copyOther(int from, int to, const char* name, const Facts& facts) {
  long result = 0;
  if (facts.type() == S_IFLNK) {
    char target[4096];
    long size = raw(__NR_readlinkat, from, name, target, sizeof target - 1);
    if (size < 0) return static_cast<int>(size);
    target[size] = 0;
    result = raw(__NR_symlinkat, target, to, name);
  } else if (facts.type() == S_IFSOCK) {
    return 0;
  } else {
    uint32_t major = facts.at.stx_rdev_major;
    uint32_t minor = facts.at.stx_rdev_minor;
    uint64_t device = (minor & 0xff) | (uint64_t{major} << 8) | ((uint64_t{minor} & ~uint64_t{0xff}) << 12);
    result = raw(__NR_mknodat, to, name, facts.at.stx_mode, device);
  }
  if (result == 0) result = raw(__NR_fchownat, to, name, facts.at.stx_uid, facts.at.stx_gid, AT_SYMLINK_NOFOLLOW);
  return static_cast<int>(result);
}

int copyDirectory(int from, int to, const char* source, const char* target, uint64_t device, int depth);

int copyEntry(int from, int to, const char* name, uint64_t device, int depth) {
  Facts facts;
  if (int error = look(from, name, &facts); error < 0) return error == -ENOENT ? 0 : error;
  if (facts.type() == S_IFDIR) return copyDirectory(from, to, name, name, device, depth);
  if (facts.type() == S_IFREG) return copyFile(from, to, name);
  return copyOther(from, to, name, facts);
}

int copyDirectory(int from, int to, const char* source, const char* target, uint64_t device, int depth) {
  if (depth > kDeepest) return -ELOOP;
  int reading = static_cast<int>(raw(__NR_openat, from, source, kRead | O_DIRECTORY));
  if (reading < 0) return reading;
  Facts facts;
  int writing = -1;
  int result = look(reading, "", &facts);
  if (result == 0) result = static_cast<int>(raw(__NR_mkdirat, to, target, 0700));
  if (result == 0) result = writing = static_cast<int>(raw(__NR_openat, to, target, kRead | O_DIRECTORY));
  if (result > 0) result = 0;
  if (device == 0) device = facts.device();
  // A mount: the directory alone.
  long size = result < 0 || facts.device() != device ? 0 : 1;
  alignas(8) char buffer[2048];
  while (size > 0 && result == 0 && (size = raw(__NR_getdents64, reading, buffer, sizeof buffer)) > 0)
    for (long at = 0; at < size && result == 0;) {
      auto* entry = reinterpret_cast<Entry*>(buffer + at);
      at += entry->size;
      if (!text::equal(entry->name, ".") && !text::equal(entry->name, ".."))
        result = copyEntry(reading, writing, entry->name, device, depth + 1);
    }
  if (size < 0 && result == 0) result = static_cast<int>(size);
  if (result == 0) result = copyAttributes(reading, writing);
  if (result == 0) result = copyFacts(writing, facts);
  if (writing >= 0) close(writing);
  close(reading);
  return result;
}

}  // namespace

int copyTree(const char* from, const char* to) {
  return copyDirectory(kWorkingDirectory, kWorkingDirectory, from, to, 0, 0);
}

}  // namespace cofferdam::sys
