// The control groups of one container: which hierarchies this machine has, and the files of a group in each.
#ifndef FLOOR_GROUPS_H
#define FLOOR_GROUPS_H

enum { kMostGroups = 8, kPath = 512 };

// A hierarchy in which a container gets a group of its own.
struct Hierarchy {
  int version;         // 1 or 2
  char parent[kPath];  // directory in which the groups are made
  int memory, cpu, pids;
};

struct Hierarchies {
  int count;
  struct Hierarchy list[kMostGroups];
};

// v1 controllers below this process's own groups, found by mountinfo; the v2 hierarchy, with or without controllers.
// Where v2 has the controllers the groups are made in a directory `name` of its root: a group that has processes cannot
// hand controllers down (cgroups(7), "no internal processes").
void findHierarchies(struct Hierarchies* found, const char* name);
// What findHierarchies() made.
void forgetHierarchies(const struct Hierarchies* found);

// The v2 group `name`, with its limits, for a process to be cloned into; -1 where there is no v2. A process that exists
// waits for RCU when it is moved on v2: up to 20 ms on a machine that is otherwise idle.
int makeUnifiedGroup(const struct Hierarchies* hierarchies, const char* name);
// The v1 groups `name`, with their limits, and the calling process in them.
void enterGroups(const struct Hierarchies* hierarchies, const char* name);
void removeGroups(const struct Hierarchies* hierarchies, const char* name);

// Opens what a process needs to join the groups that process `pid` is in and this one is not: the files to write on v1,
// how many they are, and the group to be cloned into on v2, or -1.
int openGroupsOf(int pid, int files[kMostGroups], int* unified);

#endif
