// Copies of directory trees.
#pragma once

namespace cofferdam::sys {

// Copies the tree `from` to `to`, which must not exist: contents (shared where the file system can), owners, modes, times,
// links as links, devices, extended attributes (overlayfs keeps what it knows in them). Links are not followed, other file
// systems not entered, sockets left out. 0 or -errno; then a part of it is there.
int copyTree(const char* from, const char* to);

}  // namespace cofferdam::sys
