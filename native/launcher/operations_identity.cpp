// Who the process is: codes 0x40 to 0x4f.
#include <linux/capability.h>
#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/keyctl.h>
#include <linux/mman.h>
#include <linux/prctl.h>
#include <linux/resource.h>
#include <linux/seccomp.h>
#include <linux/stat.h>

#include "../sys/path.h"
#include "../sys/text.h"
#include "account.h"
#include "machine.h"

namespace cofferdam {
namespace {

constexpr size_t kMostFile = 1 << 20;
constexpr int kLastCapability = 63;

// A file of the container, whole. A fifo must not be waited on, a device not read, a large file not swallowed
// (CVE-2024-9676). The memory stays until exec. A missing file is empty.
int readFile(const char* path, const char** data, size_t* size) {
  *size = 0;
  int root = sys::openBelow(sys::kWorkingDirectory, "/", O_PATH | O_DIRECTORY);
  if (root < 0) return root;
  int file = sys::openBelow(root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  sys::close(root);
  if (file == -ENOENT || file == -ENOTDIR) return 0;
  if (file < 0) return file;
  struct statx facts;
  long result = sys::raw(__NR_statx, file, "", AT_EMPTY_PATH, STATX_TYPE | STATX_SIZE, &facts);
  if (result == 0 && (facts.stx_mode & 0170000) != 0100000) result = -EINVAL;
  if (result == 0 && facts.stx_size > kMostFile) result = -EFBIG;
  if (result == 0 && facts.stx_size > 0) {
    long memory = sys::raw(__NR_mmap, 0, facts.stx_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    result = memory < 0 && memory > -4096 ? memory : 0;
    auto* bytes = reinterpret_cast<char*>(memory);
    while (result == 0 && *size < facts.stx_size) {
      long count = sys::retry(__NR_read, file, bytes + *size, facts.stx_size - *size);
      if (count < 0) result = count;
      if (count <= 0) break;
      *size += static_cast<size_t>(count);
    }
    *data = bytes;
  }
  sys::close(file);
  return static_cast<int>(result);
}

bool numeric(const char* text, uint32_t* value) {
  uint64_t number;
  if (!text::number(text, text::length(text), kMostId, &number)) return false;
  *value = static_cast<uint32_t>(number);
  return true;
}

// Pipes and terminals that were made for this process belong to its user, so that it can open /dev/stdout. Nothing
// else: /dev/null as stdin is the host's.
void own(Machine& machine, uint64_t mask, uint32_t uid) {
  for (unsigned i = 0; i < 3; i++)
    if (mask & (1u << i) && machine.slots[i] >= 0) sys::raw(__NR_fchown, machine.slots[i], uid, -1);
}

int identity(Machine& machine, const Operation& operation) {
  using A = arg::Identity;
  const char* user = machine.program.string(operation, A::user);
  const char* group = machine.program.string(operation, A::group);
  uint32_t named = 0;
  char** names = machine.program.strings(operation, A::groups, &named);
  if (!names || named > kMostGroups) return -EINVAL;

  const char* passwd = nullptr;
  const char* groupFile = nullptr;
  size_t passwdSize = 0, groupSize = 0;
  Account account;
  bool isNumber = numeric(user, &account.uid);
  int result = readFile("/etc/passwd", &passwd, &passwdSize);
  // A number needs no file: a broken one then only costs the home directory.
  if (result < 0 && !isNumber) return result;
  bool known = result == 0 && findUser(passwd, passwdSize, user, &account);
  if (!known && !isNumber) return -ESRCH;

  bool groupsKnown = false;
  auto groupsFile = [&]() {
    if (groupsKnown) return 0;
    groupsKnown = true;
    return readFile("/etc/group", &groupFile, &groupSize);
  };
  auto lookUp = [&](const char* name, uint32_t* gid) {
    if (numeric(name, gid)) return 0;
    if (int error = groupsFile(); error < 0) return error;
    return findGroup(groupFile, groupSize, name, gid) ? 0 : -ESRCH;
  };
  if (*group)
    if (int error = lookUp(group, &account.gid); error < 0) return error;

  // The primary group is listed too: a set-group-ID program must not shed it (the class of CVE-2022-2989).
  uint32_t ids[kMostGroups + 1] = {account.gid};
  unsigned count = 1;
  for (uint32_t i = 0; i < named; i++)
    if (int error = lookUp(names[i], &ids[count++]); error < 0) return error;
  // Root by number, the common case, has its memberships read only where root is a member of something.
  if (named == 0 && account.name[0]) {
    if (int error = groupsFile(); error < 0) return error;
    count = memberGroups(groupFile, groupSize, account.name, ids, count, kMostGroups + 1);
  }

  own(machine, operation.args[A::own], account.uid);
  long done = 0;
  if (operation.args[A::setgroups]) done = sys::raw(__NR_setgroups, count, ids);
  if (done == 0) done = sys::raw(__NR_setresgid, account.gid, account.gid, account.gid);
  if (done == 0) done = sys::raw(__NR_setresuid, account.uid, account.uid, account.uid);
  if (operation.args[A::home]) {
    text::Builder<sizeof(machine.homeText)> home;
    home.add("HOME=").add(account.home[0] == '/' ? account.home : "/");
    text::copy(machine.homeText, home.text(), home.size() + 1);
    machine.home = machine.homeText;
  }
  return static_cast<int>(done);
}

int setrlimit(Machine& machine, const Operation& operation) {
  using A = arg::Setrlimit;
  if (operation.args[A::resource] == RLIMIT_CORE) machine.coreLimit.known = false;
  rlimit64 limit = {operation.args[A::soft], operation.args[A::hard]};
  if (machine.actor == Actor::Host) {
    // What takes privileges, and no more: to have few descriptors or processes is for the child, not for its making.
    rlimit64 now = {};
    long result = sys::raw(__NR_prlimit64, 0, operation.args[A::resource], nullptr, &now);
    if (result < 0 || limit.rlim_max <= now.rlim_max) return static_cast<int>(result);
    limit.rlim_cur = now.rlim_cur;
  }
  return static_cast<int>(sys::raw(__NR_prlimit64, 0, operation.args[A::resource], &limit, nullptr));
}

int capset(const Operation& operation) {
  using A = arg::Capset;
  __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2];
  for (int half = 0; half < 2; half++) {
    data[half].effective = static_cast<uint32_t>(operation.args[A::effective] >> (32 * half));
    data[half].permitted = static_cast<uint32_t>(operation.args[A::permitted] >> (32 * half));
    data[half].inheritable = static_cast<uint32_t>(operation.args[A::inheritable] >> (32 * half));
  }
  return static_cast<int>(sys::raw(__NR_capset, &header, data));
}

int capBounding(const Operation& operation) {
  uint64_t keep = operation.args[arg::CapBounding::keep];
  for (int capability = 0; capability <= kLastCapability; capability++) {
    if (keep & (uint64_t{1} << capability)) continue;
    long result = sys::raw(__NR_prctl, PR_CAPBSET_DROP, capability, 0, 0, 0);
    if (result == -EINVAL) return 0;  // beyond the kernel's last capability
    if (result < 0) return static_cast<int>(result);
  }
  return 0;
}

int capAmbient(const Operation& operation) {
  uint64_t mask = operation.args[arg::CapAmbient::mask];
  long result = sys::raw(__NR_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  for (int capability = 0; result == 0 && capability <= kLastCapability; capability++)
    if (mask & (uint64_t{1} << capability))
      result = sys::raw(__NR_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0);
  return static_cast<int>(result);
}

int seccomp(Machine& machine, const Operation& operation) {
  using A = arg::Seccomp;
  Bytes filter = machine.program.bytes(operation, A::filter);
  constexpr uint32_t kInstruction = 8;  // sizeof(struct sock_filter)
  if (filter.size == 0 || filter.size % kInstruction || filter.size / kInstruction > 0xffff) return -EINVAL;
  struct {
    uint16_t length;
    const uint8_t* filter;
  } program = {static_cast<uint16_t>(filter.size / kInstruction), filter.data};
  uint64_t flags = operation.args[A::flags];
  long result = sys::raw(__NR_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
  if (result >= 0 && flags & SECCOMP_FILTER_FLAG_NEW_LISTENER) return machine.keep(operation, A::into, result);
  return static_cast<int>(result);
}

int prctl(const Operation& operation) {
  using A = arg::Prctl;
  long result = sys::raw(__NR_prctl, operation.args[A::option], operation.args[A::arg2], operation.args[A::arg3],
                         operation.args[A::arg4], operation.args[A::arg5]);
  return result < 0 ? static_cast<int>(result) : 0;
}

int setName(long number, const char* name) { return static_cast<int>(sys::raw(number, name, text::length(name))); }

}  // namespace

int runIdentityOperation(Machine& machine, const Operation& operation) {
  const Program& program = machine.program;
  switch (static_cast<Code>(operation.code)) {
    case Code::Sethostname:
      return setName(__NR_sethostname, program.string(operation, arg::Sethostname::name));
    case Code::Setdomainname:
      return setName(__NR_setdomainname, program.string(operation, arg::Setdomainname::name));
    case Code::Setrlimit:
      return setrlimit(machine, operation);
    case Code::Umask:
      sys::raw(__NR_umask, operation.args[arg::Umask::mask]);
      return 0;
    case Code::Prctl:
      return prctl(operation);
    case Code::Identity:
      return identity(machine, operation);
    case Code::Capset:
      return capset(operation);
    case Code::CapBounding:
      return capBounding(operation);
    case Code::CapAmbient:
      return capAmbient(operation);
    case Code::Seccomp:
      return seccomp(machine, operation);
    case Code::JoinSessionKeyring: {
      const char* name = program.string(operation, arg::JoinSessionKeyring::name);
      // A null name makes an anonymous keyring: a named one could be joined by whoever knows the name.
      long ring = sys::raw(__NR_keyctl, KEYCTL_JOIN_SESSION_KEYRING, *name ? name : nullptr);
      return ring < 0 ? static_cast<int>(ring) : 0;
    }
    default:
      return runUserNamespaceOperation(machine, operation);
  }
}

}  // namespace cofferdam
