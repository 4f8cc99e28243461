// cgroups(7): making, emptying and removing a cgroup directory. Paths are this program's own and trusted.
#pragma once
#include <stdint.h>

namespace cofferdam::sys {

// mkdir(2) of the last `depth` components. EEXIST for the last one; its parents may exist, and may be removed by
// their last user between two steps, hence the tries. 0 or -errno.
int cgroupCreate(const char* path, uint32_t depth);

// SIGKILL to every process of the cgroup and its descendants. `version` 2: cgroup.kill (Linux 5.14), atomic. `version`
// 1: `path` is in the freezer hierarchy; frozen processes cannot fork, so one pass sees all of them. A cgroup that is
// not there is empty. 0 or -errno.
int cgroupKill(const char* path, uint32_t version);

// rmdir(2) of the cgroup and its descendants, waiting up to two seconds for the exit of processes that were killed;
// then of up to `depth` - 1 ancestors while they are empty. 0 or -errno.
int cgroupRemove(const char* path, uint32_t depth, bool patient);

}  // namespace cofferdam::sys
