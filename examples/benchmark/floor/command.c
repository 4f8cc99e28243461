#define _GNU_SOURCE
#include <grp.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "measure.h"

#define BIT(capability) (1ULL << (capability))

// The fourteen capabilities that Docker's users have.
static const unsigned long long kCapabilities =
    BIT(CAP_CHOWN) | BIT(CAP_DAC_OVERRIDE) | BIT(CAP_FSETID) | BIT(CAP_FOWNER) | BIT(CAP_MKNOD) | BIT(CAP_NET_RAW) |
    BIT(CAP_SETGID) | BIT(CAP_SETUID) | BIT(CAP_SETFCAP) | BIT(CAP_SETPCAP) | BIT(CAP_NET_BIND_SERVICE) |
    BIT(CAP_SYS_CHROOT) | BIT(CAP_KILL) | BIT(CAP_AUDIT_WRITE);

static void dropPrivileges(void) {
  for (int capability = 0; prctl(PR_CAPBSET_READ, capability) >= 0; capability++)
    if (!(kCapabilities & BIT(capability))) check(prctl(PR_CAPBSET_DROP, capability), "PR_CAPBSET_DROP");
  check(prctl(PR_SET_KEEPCAPS, 1), "PR_SET_KEEPCAPS");
  gid_t root = 0;
  check((int)syscall(__NR_setgroups, 1, &root), "setgroups");
  check((int)syscall(__NR_setresgid, 0, 0, 0), "setresgid");
  check((int)syscall(__NR_setresuid, 0, 0, 0), "setresuid");
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  unsigned low = (unsigned)kCapabilities, high = (unsigned)(kCapabilities >> 32);
  struct __user_cap_data_struct data[2] = {{low, low, 0}, {high, high, 0}};
  check((int)syscall(__NR_capset, &header, data), "capset");
  check(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0), "PR_CAP_AMBIENT");
  check(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "PR_SET_NO_NEW_PRIVS");
}

void becomeCommand(int devNull, char* const* command) {
  check((int)syscall(__NR_keyctl, KEYCTL_JOIN_SESSION_KEYRING, "floor"), "keyctl");
  umask(022);
  check(chdir("/"), "chdir");
  dropPrivileges();
  check(setsid(), "setsid");
  for (int standard = 0; standard < 3; standard++) check(dup3(devNull, standard, 0), "dup3");
  check((int)syscall(__NR_close_range, 3, ~0U, 0), "close_range");
  char* const nothing[] = {"/bin/true", 0};
  if (!command) command = nothing;
  char* environment[] = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", 0};
  execve(command[0], command, environment);
  fail(command[0]);
}
