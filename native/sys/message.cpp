#include "message.h"

#include <linux/errno.h>

#include "syscall.h"
#include "text.h"

namespace cofferdam::sys {
namespace {

constexpr int kSocketLevel = 1;       // SOL_SOCKET
constexpr int kRights = 1;            // SCM_RIGHTS
constexpr int kNoSignal = 0x4000;     // MSG_NOSIGNAL
constexpr int kTruncated = 0x20 | 8;  // MSG_TRUNC | MSG_CTRUNC
constexpr int kCloseOnExec = 0x40000000;

// The kernel's layout of struct msghdr, cmsghdr (socket(7), cmsg(3)).
struct Vector {
  const void* base;
  size_t size;
};
struct Header {
  void* name;
  uint32_t nameSize;
  Vector* vectors;
  size_t vectorCount;
  void* control;
  size_t controlSize;
  uint32_t flags;
};
struct Control {
  size_t size;
  int level;
  int type;
  int descriptors[kMostDescriptors + 1];
};
constexpr size_t kControlHeader = sizeof(size_t) + 2 * sizeof(int);

}  // namespace

int sendMessage(int socket, const void* data, size_t size, const int* descriptors, unsigned count) {
  if (count > kMostDescriptors) return -EINVAL;
  Vector vector = {data, size};
  Header header = {};
  header.vectors = &vector;
  header.vectorCount = 1;
  Control control;
  if (count) {
    control.size = kControlHeader + count * sizeof(int);
    control.level = kSocketLevel;
    control.type = kRights;
    text::copy(control.descriptors, descriptors, count * sizeof(int));
    header.control = &control;
    header.controlSize = kControlHeader + ((count * sizeof(int) + 7) & ~size_t{7});
  }
  long sent = retry(__NR_sendmsg, socket, &header, kNoSignal);
  return sent < 0 ? static_cast<int>(sent) : 0;
}

long receiveMessage(int socket, void* data, size_t size, int* descriptors, unsigned* count) {
  Vector vector = {data, size};
  Header header = {};
  Control control;
  header.vectors = &vector;
  header.vectorCount = 1;
  header.control = &control;
  header.controlSize = sizeof control;
  unsigned room = *count;
  *count = 0;
  long received = retry(__NR_recvmsg, socket, &header, kCloseOnExec);
  if (received < 0) return received;
  unsigned arrived = 0;
  if (header.controlSize >= kControlHeader && control.level == kSocketLevel && control.type == kRights)
    arrived = static_cast<unsigned>((control.size - kControlHeader) / sizeof(int));
  bool fits = arrived <= room && !(header.flags & kTruncated);
  for (unsigned i = 0; i < arrived; i++) {
    if (fits)
      descriptors[i] = control.descriptors[i];
    else
      close(control.descriptors[i]);
  }
  if (!fits) return -EMSGSIZE;
  *count = arrived;
  return received;
}

}  // namespace cofferdam::sys
