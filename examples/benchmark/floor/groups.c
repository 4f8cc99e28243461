#define _GNU_SOURCE
#include "groups.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "measure.h"

// Same figures as the other environments of the benchmark (environments/specification.ts).
static const char kMemory[] = "268435456";
static const char kPids[] = "128";
static const char kPeriod[] = "100000";
static const char kQuota[] = "100000";
static const char kQuotaAndPeriod[] = "100000 100000";

static void writeFile(const char* directory, const char* name, const char* value) {
  char path[2 * kPath];
  snprintf(path, sizeof path, "%s/%s", directory, name);
  int file = check(open(path, O_WRONLY | O_CLOEXEC), path);
  check((int)write(file, value, strlen(value)), path);
  close(file);
}

static int hasWord(const char* words, const char* word, char separator) {
  size_t size = strlen(word);
  for (const char* at = words; (at = strstr(at, word)); at += size) {
    char after = at[size];
    if ((at == words || at[-1] == separator) && (after == 0 || after == separator || after == '\n')) return 1;
  }
  return 0;
}

// The cgroup of process `pid` in the hierarchy that has `controller`; the v2 one for "".
static int pathOf(const char* pid, const char* controller, char path[kPath]) {
  char name[64], line[2 * kPath];
  snprintf(name, sizeof name, "/proc/%s/cgroup", pid);
  FILE* file = fopen(name, "re");
  if (!file) fail(name);
  int found = 0;
  while (!found && fgets(line, sizeof line, file)) {
    line[strcspn(line, "\n")] = 0;
    char* controllers = strchr(line, ':') + 1;
    char* end = strchr(controllers, ':');
    *end = 0;
    found = *controller ? hasWord(controllers, controller, ',') : *controllers == 0;
    if (found) snprintf(path, kPath, "%s", end + 1);
  }
  fclose(file);
  return found;
}

// Directory of a cgroup below a mount point: "/" is the mount point itself.
static void directoryOf(char directory[kPath], const char* mountPoint, const char* path) {
  int size = snprintf(directory, kPath, "%s%s", mountPoint, strcmp(path, "/") == 0 ? "" : path);
  if (size >= kPath) errno = ENAMETOOLONG, fail(mountPoint);
}

// A hierarchy's controllers, as they are separated by commas (v1) or spaces (v2).
static void noteControllers(struct Hierarchy* hierarchy, const char* words, char separator) {
  hierarchy->memory = hasWord(words, "memory", separator);
  hierarchy->cpu = hasWord(words, "cpu", separator);
  hierarchy->pids = hasWord(words, "pids", separator);
}

static int hasSameControllers(const struct Hierarchy* one, const struct Hierarchy* other) {
  return one->memory == other->memory && one->cpu == other->cpu && one->pids == other->pids;
}

static void addVersion1(struct Hierarchies* found, const char* mountPoint, const char* options) {
  struct Hierarchy* hierarchy = &found->list[found->count];
  *hierarchy = (struct Hierarchy){.version = 1};
  noteControllers(hierarchy, options, ',');
  const char* controller = hierarchy->memory ? "memory" : hierarchy->cpu ? "cpu" : hierarchy->pids ? "pids" : 0;
  char path[kPath];
  if (!controller || !pathOf("self", controller, path)) return;
  // A hierarchy may be mounted in several places, but a controller is in one hierarchy only.
  for (int i = 0; i < found->count; i++)
    if (found->list[i].version == 1 && hasSameControllers(&found->list[i], hierarchy)) return;
  directoryOf(hierarchy->parent, mountPoint, path);
  found->count++;
}

static void addVersion2(struct Hierarchies* found, const char* mountPoint, const char* name) {
  struct Hierarchy* hierarchy = &found->list[found->count++];
  *hierarchy = (struct Hierarchy){.version = 2};
  char file[2 * kPath], words[256] = "", path[kPath];
  snprintf(file, sizeof file, "%s/cgroup.controllers", mountPoint);
  int controllers = check(open(file, O_RDONLY | O_CLOEXEC), file);
  check((int)read(controllers, words, sizeof words - 1), file);
  close(controllers);
  noteControllers(hierarchy, words, ' ');
  if (!hierarchy->memory) {
    if (!pathOf("self", "", path)) errno = ENOENT, fail("the own cgroup");
    directoryOf(hierarchy->parent, mountPoint, path);
    return;
  }
  snprintf(path, sizeof path, "/%s", name);
  directoryOf(hierarchy->parent, mountPoint, path);
  check(mkdir(hierarchy->parent, 0755), hierarchy->parent);
  snprintf(words, sizeof words, "+memory%s%s", hierarchy->cpu ? " +cpu" : "", hierarchy->pids ? " +pids" : "");
  writeFile(mountPoint, "cgroup.subtree_control", words);
  writeFile(hierarchy->parent, "cgroup.subtree_control", words);
}

// One line of proc(5)'s mountinfo: "id parent device root MOUNT-POINT options ... - TYPE source SUPER-OPTIONS".
static int parseMount(char* line, char** mountPoint, char** type, char** options) {
  char* after = strstr(line, " - ");
  if (!after) return 0;
  *after = 0;
  char* place;
  strtok_r(line, " ", &place);
  for (int field = 0; field < 4; field++) *mountPoint = strtok_r(NULL, " ", &place);
  *type = strtok_r(after + 3, " ", &place);
  strtok_r(NULL, " ", &place);
  *options = strtok_r(NULL, " \n", &place);
  return *mountPoint && *type && *options;
}

void findHierarchies(struct Hierarchies* found, const char* name) {
  found->count = 0;
  FILE* file = fopen("/proc/self/mountinfo", "re");
  if (!file) fail("/proc/self/mountinfo");
  char line[4096], *mountPoint, *type, *options;
  int unified = 0;
  while (found->count < kMostGroups && fgets(line, sizeof line, file)) {
    if (!parseMount(line, &mountPoint, &type, &options)) continue;
    if (strcmp(type, "cgroup") == 0) addVersion1(found, mountPoint, options);
    if (strcmp(type, "cgroup2") == 0 && !unified++) addVersion2(found, mountPoint, name);
  }
  fclose(file);
}

static int isOwnParent(const struct Hierarchy* hierarchy) { return hierarchy->version == 2 && hierarchy->memory; }

void forgetHierarchies(const struct Hierarchies* found) {
  for (int i = 0; i < found->count; i++)
    if (isOwnParent(&found->list[i])) rmdir(found->list[i].parent);
}

static void groupPath(char path[2 * kPath], const struct Hierarchy* hierarchy, const char* name) {
  snprintf(path, 2 * kPath, "%s/%s", hierarchy->parent, name);
}

static void makeGroup(const struct Hierarchy* hierarchy, const char* path) {
  check(mkdir(path, 0755), path);
  int first = hierarchy->version == 1;
  if (hierarchy->memory) writeFile(path, first ? "memory.limit_in_bytes" : "memory.max", kMemory);
  if (hierarchy->cpu && first) writeFile(path, "cpu.cfs_period_us", kPeriod);
  if (hierarchy->cpu) writeFile(path, first ? "cpu.cfs_quota_us" : "cpu.max", first ? kQuota : kQuotaAndPeriod);
  if (hierarchy->pids) writeFile(path, "pids.max", kPids);
}

int makeUnifiedGroup(const struct Hierarchies* hierarchies, const char* name) {
  char path[2 * kPath];
  for (int i = 0; i < hierarchies->count; i++) {
    if (hierarchies->list[i].version != 2) continue;
    groupPath(path, &hierarchies->list[i], name);
    makeGroup(&hierarchies->list[i], path);
    return check(open(path, O_PATH | O_DIRECTORY | O_CLOEXEC), path);
  }
  return -1;
}

void enterGroups(const struct Hierarchies* hierarchies, const char* name) {
  char path[2 * kPath];
  for (int i = 0; i < hierarchies->count; i++) {
    if (hierarchies->list[i].version != 1) continue;
    groupPath(path, &hierarchies->list[i], name);
    makeGroup(&hierarchies->list[i], path);
    // A process of one thread that writes 0 to `tasks` need not wait for RCU, as it does in `cgroup.procs`.
    writeFile(path, "tasks", "0");
  }
}

void removeGroups(const struct Hierarchies* hierarchies, const char* name) {
  for (int i = 0; i < hierarchies->count; i++) {
    char path[2 * kPath];
    groupPath(path, &hierarchies->list[i], name);
    // After a launch that failed there may be none.
    if (rmdir(path) < 0 && errno != ENOENT) fail(path);
  }
}

int openGroupsOf(int pid, int files[kMostGroups], int* unified) {
  char number[16];
  snprintf(number, sizeof number, "%d", pid);
  FILE* mounts = fopen("/proc/self/mountinfo", "re");
  if (!mounts) fail("/proc/self/mountinfo");
  int count = 0;
  *unified = -1;
  char line[4096], *mountPoint, *type, *options;
  while (count < kMostGroups && fgets(line, sizeof line, mounts)) {
    if (!parseMount(line, &mountPoint, &type, &options) || strncmp(type, "cgroup", 6) != 0) continue;
    int version = strcmp(type, "cgroup") == 0 ? 1 : 2;
    char theirs[kPath], ours[kPath], directory[kPath], path[2 * kPath];
    // The last word of v1's super options is a controller, or a hierarchy's name.
    char* last = strrchr(options, ',');
    const char* controller = version == 2 ? "" : last ? last + 1 : options;
    if (!pathOf(number, controller, theirs) || !pathOf("self", controller, ours)) continue;
    if (strcmp(theirs, ours) == 0) continue;
    directoryOf(directory, mountPoint, theirs);
    snprintf(path, sizeof path, "%s/tasks", directory);
    if (version == 1) files[count++] = check(open(path, O_WRONLY | O_CLOEXEC), path);
    if (version == 2 && *unified < 0) *unified = check(open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC), directory);
  }
  fclose(mounts);
  return count;
}
