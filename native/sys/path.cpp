#include "path.h"

#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/openat2.h>
#include <linux/stat.h>

#include "syscall.h"
#include "text.h"

namespace cofferdam::sys {
namespace {

constexpr size_t kPathSize = 4096;
constexpr int kPath = O_PATH | O_CLOEXEC;

// openat2(2) answers EAGAIN when a rename raced with a ".." that it had to check; an attacker can keep that up, so the
// number of tries is bounded.
int openat2Below(int root, const char* path, int flags, uint32_t mode, uint64_t resolve) {
  open_how how = {};
  how.flags = static_cast<uint64_t>(flags | O_CLOEXEC);
  how.mode = mode;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | resolve;
  long result = -EAGAIN;
  for (int tries = 0; tries < 256 && (result == -EAGAIN || result == -EINTR); tries++)
    result = raw(__NR_openat2, root, path, &how, sizeof how);
  return static_cast<int>(result);
}

bool isDots(const char* name) { return text::equal(name, ".") || text::equal(name, ".."); }

}  // namespace

int openBelow(int root, const char* path, int flags, uint32_t mode, uint64_t resolve) {
  if (root == kWorkingDirectory) return static_cast<int>(retry(__NR_openat, root, path, flags | O_CLOEXEC, mode));
  // An empty path means the root itself.
  return openat2Below(root, *path ? path : "/", flags, mode, resolve);
}

namespace {

// The directory `name` in `parent`, made when it is missing. -ELOOP: it is a symbolic link that leads nowhere.
int makeDirectory(int parent, const char* name, uint32_t mode) {
  if (isDots(name)) return -EINVAL;
  long made = raw(__NR_mkdirat, parent, name, mode);
  if (made < 0 && made != -EEXIST) return static_cast<int>(made);
  // Made by us, or swapped in meanwhile: a link is not followed.
  int flags = O_PATH | O_CLOEXEC | O_NOFOLLOW;
  long opened = raw(__NR_openat, parent, name, flags | O_DIRECTORY);
  if (opened != -ENOTDIR || made == 0) return static_cast<int>(opened);
  char target[2];
  return raw(__NR_readlinkat, parent, name, target, sizeof target) > 0 ? -ELOOP : -ENOTDIR;
}

// Replaces the link at text + at, which ends with a NUL, by what it says; `tail` follows: "/a/link" and "b" with
// link -> "c" become "/a/c/b".
int spliceLink(int parent, char (&text)[kPathSize], size_t at, const char* tail) {
  char target[kPathSize];
  long size = raw(__NR_readlinkat, parent, text + at, target, sizeof target);
  if (size < 0) return static_cast<int>(size);
  size_t rest = text::length(tail);
  char spliced[kPathSize];
  size_t kept = target[0] == '/' ? 0 : at;
  if (kept + static_cast<size_t>(size) + 1 + rest + 1 > sizeof spliced) return -ENAMETOOLONG;
  text::copy(spliced, text, kept);
  text::copy(spliced + kept, target, static_cast<size_t>(size));
  spliced[kept + static_cast<size_t>(size)] = '/';
  text::copy(spliced + kept + size + 1, tail, rest + 1);
  text::copy(text, spliced, kept + static_cast<size_t>(size) + 1 + rest + 1);
  return 0;
}

}  // namespace

int makeDirectories(int root, const char* path, uint32_t mode) {
  int whole = openBelow(root, path, kPath | O_DIRECTORY);
  if (whole != -ENOENT) return whole;
  char text[kPathSize];
  size_t size = text::length(path);
  if (size >= sizeof text) return -ENAMETOOLONG;
  text::copy(text, path, size + 1);

  constexpr int kMostLinks = 40;  // path_resolution(7)
  const char* top = root == kWorkingDirectory && *path != '/' ? "." : "/";
  int current = openBelow(root, top, kPath | O_DIRECTORY);
  int links = 0;
  for (size_t at = 0; current >= 0 && text[at];) {
    while (text[at] == '/') at++;
    size_t end = at;
    while (text[end] && text[end] != '/') end++;
    if (end == at) break;
    bool last = text[end] == 0;
    text[end] = 0;
    int next = openBelow(root, text, kPath | O_DIRECTORY);
    bool missing = next == -ENOENT;
    if (missing) next = makeDirectory(current, text + at, mode);
    // ELOOP from the lookup itself is a magic link or a real loop, and final.
    if (missing && next == -ELOOP && links++ < kMostLinks) {
      // A dangling link, such as /var/run -> /run in an image without /run: what it leads to is made. From the top,
      // below the root again, so that it can lead nowhere else.
      int spliced = spliceLink(current, text, at, last ? "" : text + end + 1);
      close(current);
      if (spliced < 0) return spliced;
      current = openBelow(root, top, kPath | O_DIRECTORY);
      at = 0;
      continue;
    }
    close(current);
    current = next;
    if (last) break;
    text[end] = '/';
    at = end;
  }
  return current;
}

int openParent(int root, const char* path, bool make, const char** name) {
  size_t size = text::length(path);
  if (size >= kPathSize) return -ENAMETOOLONG;
  size_t slash = size;
  while (slash > 0 && path[slash - 1] != '/') slash--;
  *name = path + slash;
  if (!**name || isDots(*name)) return -EINVAL;
  if (slash == 0) return openBelow(root, root == kWorkingDirectory ? "." : "/", kPath | O_DIRECTORY);
  char parent[kPathSize];
  text::copy(parent, path, slash);
  parent[slash] = 0;
  if (make) return makeDirectories(root, parent, 0755);
  return openBelow(root, parent, kPath | O_DIRECTORY);
}

namespace {

bool isLink(int descriptor) {
  struct statx facts;
  return raw(__NR_statx, descriptor, "", AT_EMPTY_PATH, STATX_TYPE, &facts) == 0 &&
         (facts.stx_mode & 0170000) == 0120000;
}

// An empty file at `text`, which a lookup did not find. A link that leads nowhere, such as /etc/resolv.conf in many images,
// takes its target's place in `text`: -EAGAIN, to look that up.
int makeFile(int root, char (&text)[kPathSize], bool nofollow) {
  const char* name;
  int parent = openParent(root, text, true, &name);
  if (parent < 0) return parent;
  long made = raw(__NR_openat, parent, name, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0644);
  if (made >= 0) close(static_cast<int>(made));
  int target = static_cast<int>(made);
  if (made >= 0 || made == -EEXIST) target = static_cast<int>(raw(__NR_openat, parent, name, kPath | O_NOFOLLOW));
  if (target >= 0 && isLink(target)) {
    close(target);
    target = -ELOOP;
    if (!nofollow) {
      int spliced = spliceLink(parent, text, static_cast<size_t>(name - text), "");
      size_t end = text::length(text);
      while (spliced == 0 && end > 1 && text[end - 1] == '/') text[--end] = 0;
      target = spliced < 0 ? spliced : -EAGAIN;
    }
  }
  close(parent);
  return target;
}

}  // namespace

int openTarget(int root, const char* path, bool directory, bool create, bool nofollow) {
  int flags = kPath;
  // With O_PATH, O_NOFOLLOW alone would open the link itself; O_DIRECTORY then makes that ENOTDIR.
  if (nofollow) flags |= O_NOFOLLOW;
  if (directory) flags |= O_DIRECTORY;
  char text[kPathSize];
  size_t size = text::length(path);
  if (size >= sizeof text) return -ENAMETOOLONG;
  text::copy(text, path, size + 1);
  constexpr int kMostLinks = 40;  // path_resolution(7)
  for (int links = 0; links < kMostLinks; links++) {
    int target = openBelow(root, text, flags);
    if (target != -ENOENT || !create) return target;
    if (directory) return makeDirectories(root, text, 0755);
    target = makeFile(root, text, nofollow);
    if (target != -EAGAIN) return target;
  }
  return -ELOOP;
}

namespace {

struct DirectoryEntry {
  uint64_t inode;
  int64_t offset;
  uint16_t size;
  uint8_t type;
  char name[];
};

constexpr int kMaxDepth = 128;  // each level holds one descriptor and no stack beyond a frame

// Empties the directory `directory`, whose device is `device`. Rewinds until a pass removes nothing.
int emptyDirectory(int directory, uint32_t major, uint32_t minor, int depth) {
  if (depth > kMaxDepth) return -ELOOP;
  alignas(8) char entries[2048];
  int failure = 0;
  for (bool progress = true; progress;) {
    progress = false;
    failure = 0;
    raw(__NR_lseek, directory, 0, 0);
    long size;
    while ((size = raw(__NR_getdents64, directory, entries, sizeof entries)) > 0) {
      for (long at = 0; at < size;) {
        auto* entry = reinterpret_cast<DirectoryEntry*>(entries + at);
        at += entry->size;
        if (isDots(entry->name)) continue;
        long result = raw(__NR_unlinkat, directory, entry->name, 0);
        if (result == -EISDIR || result == -EPERM) {
          long child = raw(__NR_openat, directory, entry->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
          if (child >= 0) {
            struct statx facts;
            long known = raw(__NR_statx, child, "", AT_EMPTY_PATH, STATX_TYPE, &facts);
            if (known == 0 && facts.stx_dev_major == major && facts.stx_dev_minor == minor)
              emptyDirectory(static_cast<int>(child), major, minor, depth + 1);
            close(static_cast<int>(child));
          }
          // One that may not be read, as overlayfs leaves its work directories, can go when it is empty.
          if (child >= 0 || child == -EACCES) result = raw(__NR_unlinkat, directory, entry->name, AT_REMOVEDIR);
        }
        if (result == 0) progress = true;
        if (result < 0 && result != -ENOENT) failure = static_cast<int>(result);
      }
    }
    if (size < 0) return static_cast<int>(size);
  }
  return failure;
}

}  // namespace

int removeTree(const char* path) {
  long directory = raw(__NR_openat, kWorkingDirectory, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (directory == -ENOENT) return 0;
  if (directory < 0) return static_cast<int>(directory);
  struct statx facts;
  long known = raw(__NR_statx, directory, "", AT_EMPTY_PATH, STATX_TYPE, &facts);
  int failure = known < 0 ? static_cast<int>(known)
                          : emptyDirectory(static_cast<int>(directory), facts.stx_dev_major, facts.stx_dev_minor, 0);
  close(static_cast<int>(directory));
  long removed = raw(__NR_unlinkat, kWorkingDirectory, path, AT_REMOVEDIR);
  if (removed == 0 || removed == -ENOENT) return 0;
  return failure < 0 ? failure : static_cast<int>(removed);
}

}  // namespace cofferdam::sys
