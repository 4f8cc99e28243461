// The floor of a container's launch: what the kernel alone takes. A plain C program that does the system calls of a full
// container, in the order in which Cofferdam does them, and nothing else: no library, no checks, no streams, no result
// but the exit status. Its rootfs and its limits are those of the other environments of the benchmark.
//
//   launch ROOTFS STAGE NAME [COUNT [AT-ONCE [COMMAND...]]]
//
// ROOTFS: the lower directory of the overlays. STAGE: an empty directory to mount on, in the containers' own mount
// namespaces. NAME: a word that makes names of control groups this program's own. COMMAND: /bin/true, or a path in ROOTFS
// with arguments. See measure.h for the rest.
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/if.h>
#include <linux/mount.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "groups.h"
#include "measure.h"

static const char* name;
static const char* stage;
static char overlayOptions[4 * kPath];
static struct Hierarchies hierarchies;
static int devNull;
static char* const* command;

enum { kRestricted = MS_NOSUID | MS_NODEV | MS_NOEXEC };

static const char* const kDevices[] = {"/dev/null",   "/dev/zero",    "/dev/full",
                                       "/dev/random", "/dev/urandom", "/dev/tty"};

static const char* const kLinks[][2] = {{"/proc/self/fd", "dev/fd"},
                                        {"/proc/self/fd/0", "dev/stdin"},
                                        {"/proc/self/fd/1", "dev/stdout"},
                                        {"/proc/self/fd/2", "dev/stderr"},
                                        {"pts/ptmx", "dev/ptmx"}};

static const char* const kReadonly[] = {"proc/bus", "proc/fs", "proc/irq", "proc/sys", "proc/sysrq-trigger"};

static const char* const kMasked[] = {"proc/acpi",
                                      "proc/asound",
                                      "proc/interrupts",
                                      "proc/kcore",
                                      "proc/keys",
                                      "proc/latency_stats",
                                      "proc/sched_debug",
                                      "proc/scsi",
                                      "proc/timer_list",
                                      "proc/timer_stats",
                                      "sys/devices/virtual/powercap",
                                      "sys/firmware"};

#define LENGTH(table) (sizeof(table) / sizeof *(table))

static void attach(const char* type, const char* target, unsigned long flags, const char* options) {
  check(mount(type, target, type, flags, options), target);
}

// One RTM_NEWLINK on index 1, which is `lo` in every network namespace.
static void raiseLoopback(void) {
  struct {
    struct nlmsghdr header;
    struct ifinfomsg link;
  } request = {
      .header = {.nlmsg_len = sizeof request, .nlmsg_type = RTM_NEWLINK, .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK},
      .link = {.ifi_index = 1, .ifi_flags = IFF_UP, .ifi_change = IFF_UP}};
  struct {
    struct nlmsghdr header;
    struct nlmsgerr error;
    char rest[256];
  } reply;
  int socketDescriptor = check(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE), "socket");
  check((int)send(socketDescriptor, &request, sizeof request, 0), "RTM_NEWLINK");
  check((int)recv(socketDescriptor, &reply, sizeof reply, 0), "RTM_NEWLINK");
  if (reply.error.error) fail("RTM_NEWLINK lo");
  close(socketDescriptor);
}

// The working directory becomes the new root, not yet entered.
static void makeRoot(void) {
  check(mount("floor", stage, "tmpfs", 0, "mode=0755"), stage);
  check(chdir(stage), stage);
  check(mkdir("upper", 0755), "mkdir upper");
  check(mkdir("work", 0755), "mkdir work");
  check(mkdir("root", 0755), "mkdir root");
  attach("overlay", "root", MS_NODEV, overlayOptions);
  check(chdir("root"), "chdir root");
}

static int openTree(const char* path, unsigned flags) {
  return (int)syscall(__NR_open_tree, AT_FDCWD, path, flags | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
}

static void moveMount(int from, const char* target) {
  check((int)syscall(__NR_move_mount, from, "", AT_FDCWD, target, MOVE_MOUNT_F_EMPTY_PATH), target);
  close(from);
}

static void mountDev(void) {
  attach("tmpfs", "dev", kRestricted | MS_STRICTATIME, "mode=0755,size=64k");
  struct mount_attr attributes = {.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC};
  for (size_t i = 0; i < LENGTH(kDevices); i++) {
    int device = check(openTree(kDevices[i], 0), kDevices[i]);
    check((int)syscall(__NR_mount_setattr, device, "", AT_EMPTY_PATH, &attributes, sizeof attributes), kDevices[i]);
    const char* target = kDevices[i] + 1;
    close(check(open(target, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0644), target));
    moveMount(device, target);
  }
  for (size_t i = 0; i < LENGTH(kLinks); i++) check(symlink(kLinks[i][0], kLinks[i][1]), kLinks[i][1]);
  check(mkdir("dev/pts", 0755), "mkdir dev/pts");
  check(mkdir("dev/shm", 0755), "mkdir dev/shm");
  check(mkdir("dev/mqueue", 0755), "mkdir dev/mqueue");
  attach("devpts", "dev/pts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=0620,gid=5");
  attach("tmpfs", "dev/shm", kRestricted, "mode=1777,size=64m");
  attach("mqueue", "dev/mqueue", kRestricted, NULL);
}

static void makeReadonly(void) {
  struct mount_attr readonly = {.attr_set = MOUNT_ATTR_RDONLY};
  for (size_t i = 0; i < LENGTH(kReadonly); i++) {
    int tree = openTree(kReadonly[i], AT_RECURSIVE);
    if (tree < 0) continue;
    check((int)syscall(__NR_mount_setattr, tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &readonly, sizeof readonly),
          kReadonly[i]);
    moveMount(tree, kReadonly[i]);
  }
}

// An empty read-only directory that is attached nowhere.
static int emptyDirectory(void) {
  int context = check((int)syscall(__NR_fsopen, "tmpfs", FSOPEN_CLOEXEC), "fsopen");
  check((int)syscall(__NR_fsconfig, context, FSCONFIG_SET_STRING, "mode", "0755", 0), "fsconfig");
  check((int)syscall(__NR_fsconfig, context, FSCONFIG_SET_STRING, "nr_inodes", "1", 0), "fsconfig");
  check((int)syscall(__NR_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0), "fsconfig");
  unsigned attributes = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
  int directory = check((int)syscall(__NR_fsmount, context, FSMOUNT_CLOEXEC, attributes), "fsmount");
  close(context);
  return directory;
}

static void maskPaths(void) {
  int directory = emptyDirectory();
  for (size_t i = 0; i < LENGTH(kMasked); i++) {
    struct stat facts;
    if (stat(kMasked[i], &facts) < 0) continue;
    if (!S_ISDIR(facts.st_mode)) {
      moveMount(openTree("/dev/null", 0), kMasked[i]);
      continue;
    }
    int clone = (int)syscall(__NR_open_tree, directory, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
    // Before Linux 6.15 a mount that is attached nowhere cannot be cloned: every path gets its own.
    moveMount(clone < 0 ? emptyDirectory() : clone, kMasked[i]);
  }
  close(directory);
}

static void groupName(char text[64], unsigned index) { snprintf(text, 64, "%s-%u", name, index); }

static _Noreturn void becomeContainer(const char* group) {
  enterGroups(&hierarchies, group);
  check(unshare(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET), "unshare");
  check(mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL), "mount --make-rslave /");
  raiseLoopback();
  check(sethostname("benchmark", 9), "sethostname");
  makeRoot();
  attach("proc", "proc", kRestricted, NULL);
  attach("sysfs", "sys", kRestricted | MS_RDONLY, NULL);
  mountDev();
  makeReadonly();
  maskPaths();
  check((int)syscall(__NR_pivot_root, ".", "."), "pivot_root");
  check(umount2(".", MNT_DETACH), "umount2");
  becomeCommand(devNull, command);
}

static pid_t begin(unsigned index) {
  char group[64];
  groupName(group, index);
  int unified = makeUnifiedGroup(&hierarchies, group);
  pid_t pid = cloneProcess(CLONE_NEWPID, unified);
  if (pid == 0) becomeContainer(group);
  if (unified >= 0) close(unified);
  return pid;
}

static void end(unsigned index) {
  char group[64];
  groupName(group, index);
  removeGroups(&hierarchies, group);
}

int main(int argumentCount, char** arguments) {
  if (argumentCount < 4) {
    fprintf(stderr, "usage: launch ROOTFS STAGE NAME [COUNT [AT-ONCE [COMMAND...]]]\n");
    return 2;
  }
  stage = arguments[2];
  name = arguments[3];
  if (argumentCount > 6) command = arguments + 6;
  snprintf(overlayOptions, sizeof overlayOptions, "lowerdir=%s,upperdir=%s/upper,workdir=%s/work", arguments[1], stage,
           stage);
  devNull = check(open("/dev/null", O_RDWR | O_CLOEXEC), "/dev/null");
  findHierarchies(&hierarchies, name);
  struct Subject subject = {begin, end};
  int status = measure(&subject, argumentCount - 4, arguments + 4);
  forgetHierarchies(&hierarchies);
  return status;
}
