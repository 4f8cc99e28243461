// Paths in a root file system are hostile: every component may be a symbolic link that its owner changes while we look.
// One rule for all of them: resolve below a descriptor of the root with openat2(2), keep the descriptor that comes out,
// and act through it; never resolve the same text twice.
#pragma once
#include <stdint.h>

namespace cofferdam::sys {

inline constexpr int kWorkingDirectory = -100;  // AT_FDCWD

// Opens `path` as if `root` were "/". With root kWorkingDirectory the path is the caller's own and trusted: plain
// openat(2). `resolve` adds RESOLVE_* flags. Returns a close-on-exec descriptor or -errno.
int openBelow(int root, const char* path, int flags, uint32_t mode = 0, uint64_t resolve = 0);

// The directory `path` below `root`, its missing components made with `mode`. Returns an O_PATH descriptor or -errno.
int makeDirectories(int root, const char* path, uint32_t mode);

// The directory that contains `path`, and where its last component begins. `make`: missing directories are made.
int openParent(int root, const char* path, bool make, const char** name);

// The target of a mount as an O_PATH descriptor; with `create`, a missing one is made as a directory or an empty file.
int openTarget(int root, const char* path, bool directory, bool create, bool nofollow);

// Deletes a tree without following links or leaving its file system.
int removeTree(const char* path);

}  // namespace cofferdam::sys
