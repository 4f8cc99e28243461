// passwd(5) and group(5) of a container. The files are hostile: they are read whole, bounded, once, and never waited on.
#pragma once
#include <stddef.h>
#include <stdint.h>

namespace cofferdam {

inline constexpr unsigned kMostGroups = 256;
inline constexpr uint64_t kMostId = 4294967294;  // (uid_t) -1 means "unchanged" to the kernel

struct Account {
  uint32_t uid = 0;
  uint32_t gid = 0;
  char name[256] = {};  // empty when passwd does not know the uid
  char home[512] = {};  // empty when passwd does not know the uid
};

// Both search text as read from the file. True when found.
bool findUser(const char* passwd, size_t size, const char* user, Account* account);
bool findGroup(const char* groups, size_t size, const char* group, uint32_t* gid);
// Groups that list `user` as a member, added to `ids`; returns the new count, at most `room`.
unsigned memberGroups(const char* groups, size_t size, const char* user, uint32_t* ids, unsigned count, unsigned room);

}  // namespace cofferdam
