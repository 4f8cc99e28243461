// Messages with descriptors over a unix(7) socket, without a libc.
#pragma once
#include <stddef.h>
#include <stdint.h>

namespace cofferdam::sys {

inline constexpr unsigned kMostDescriptors = 253;  // SCM_MAX_FD

// One message of `size` bytes with `count` descriptors; never raises SIGPIPE. 0 or -errno.
int sendMessage(int socket, const void* data, size_t size, const int* descriptors = nullptr, unsigned count = 0);

// One message: its size, 0 at end of file, or -errno (-EMSGSIZE when it or its descriptors did not fit). Descriptors
// arrive close-on-exec; `*count` is the room on entry and their number on return.
long receiveMessage(int socket, void* data, size_t size, int* descriptors, unsigned* count);

}  // namespace cofferdam::sys
