/**
 * What to do about an operation that failed, by what it acted on and the errno. Three tables, of which the first row
 * that fits speaks: files written to, file systems mounted, and operations of any kind.
 */
import { CLONE } from './constants.ts';
import type { OperationName } from './contract.ts';
import type { Operation } from './operation.ts';

/** Names of errnos, with spaces between. */
type Errnos = string;

const JOIN = /\/(tasks|cgroup\.procs)$/;
const SWAP = /memory\.(memsw\.|swap\.)/;
const CONTROL = /cgroup\.subtree_control$/;

const WRITES: readonly (readonly [file: RegExp, errnos: Errnos, remedy: string])[] = [
  [
    /cpuset\.cpus$/,
    'EINVAL ERANGE',
    'resources.cpuset names CPUs that this machine or the parent cgroup does not have',
  ],
  [/cpuset\.cpus$/, 'EACCES', 'resources.cpuset goes beyond the CPUs of the parent cgroup'],
  [/cpuset\.mems$/, 'EINVAL ERANGE EACCES', 'resources.cpusetMems goes beyond the memory nodes of the parent cgroup'],
  [SWAP, 'ENOENT EACCES', 'this kernel does not account for swap: boot with swapaccount=1, or leave memorySwap out'],
  [/memory\./, 'EBUSY', 'the limit is below what is in use already: raise resources.memory'],
  [/cpu\.(cfs_|max)/, 'EINVAL', 'the parent cgroup allows less CPU time than resources.cpus asks for'],
  [
    CONTROL,
    'EBUSY',
    'that cgroup has processes of its own, so its children get no controllers: choose another cgroupParent',
  ],
  [CONTROL, 'ENOENT', 'that controller is not delegated here: choose a cgroupParent that has it'],
  [/cpuset\/.*\/(tasks|cgroup\.procs)$/, 'ENOSPC', 'set cpuset.cpus and cpuset.mems of the parent cgroup first'],
  [/devices\.(allow|deny)$/, 'EPERM', 'the parent cgroup does not allow these devices itself'],
  [JOIN, 'EAGAIN', 'a parent cgroup is at its own limit of processes'],
  [JOIN, 'EBUSY ENOTSUP', 'the parent cgroup is threaded or has processes of its own: choose another cgroupParent'],
  [/oom_score_adj$/, 'EPERM EACCES', 'lowering oom_score_adj needs CAP_SYS_RESOURCE'],
  [/^\/proc\/sys\//, 'EPERM EACCES EROFS', "the sysctl needs the container's own namespace and a writable /proc/sys"],
  [/^\/proc\/sys\//, 'ENOENT', 'this kernel has no such sysctl'],
  [/./, 'EROFS', 'the file system is mounted read-only here, as cgroups are in most containers: remount it read-write'],
];

const FILE_SYSTEMS: readonly (readonly [type: string, errnos: Errnos, remedy: string])[] = [
  ['overlay', 'EINVAL', 'see dmesg; the upper directory must not be on overlayfs or NFS, and at most 500 layers stack'],
  ['overlay', 'ENOENT', 'a lower or upper directory does not exist'],
  ['overlay', 'ENODEV', 'load the overlay module: modprobe overlay'],
  ['overlay', 'EBUSY', 'another mount uses that upper or work directory'],
  ['proc', 'EPERM', 'a new proc needs a new pid namespace and, inside another container, an unmasked /proc'],
  ['sysfs', 'EPERM', 'a new sysfs needs a new network namespace'],
];

/** See clone(2), EPERM. */
const NO_USER_NAMESPACE =
  'a user namespace cannot be made in a chroot(2), nor where a sysctl forbids it: user.max_user_namespaces, kernel.unprivileged_userns_clone, kernel.apparmor_restrict_unprivileged_userns; root without userNamespace needs none';

/** Of clone3(2) with CLONE_INTO_CGROUP: cgroups(7), no internal processes. */
export const CGROUP_IS_INNER =
  "the container's cgroup hands controllers down to cgroups below it, so that no process can join it: a program in it, or on the host, wrote its cgroup.subtree_control";

const PRIVILEGED: readonly OperationName[] = [
  'clone',
  'mknod',
  'mount',
  'newMount',
  'openTree',
  'pivotRoot',
  'setdomainname',
  'sethostname',
  'unshare',
];
const CAPABILITIES: readonly OperationName[] = ['capAmbient', 'capBounding', 'capset'];
const LINKS: readonly OperationName[] = ['addressAdd', 'linkSetUp', 'routeAdd', 'vethCreate'];

const OPERATIONS: readonly (readonly [names: readonly OperationName[], errnos: Errnos, remedy: string])[] = [
  [['cgroupCreate'], 'ENOENT', 'the parent cgroup does not exist: make it first'],
  [['cgroupCreate'], 'EEXIST', 'a cgroup of that name is left over or in use: run cofferdam gc, or choose another id'],
  [['cgroupCreate'], 'EROFS', 'cgroups are mounted read-only here, as in most containers: remount them read-write'],
  [['cgroupCreate'], 'EPERM EACCES', 'run as root, or have the cgroup delegated to this user'],
  [['cgroupCreate'], 'EAGAIN', 'cgroup.max.descendants or cgroup.max.depth of a parent is reached'],
  [
    ['cgroupDevices'],
    'EPERM',
    'resources.devices needs CAP_BPF or CAP_SYS_ADMIN, and a parent cgroup that lets its children have such programs',
  ],
  [['cgroupDevices'], 'EINVAL ENOSYS', 'this kernel has no device programs for cgroups (CONFIG_CGROUP_BPF)'],
  [
    ['mount', 'moveMount', 'open'],
    'ENOTDIR ELOOP',
    'the target must be an ordinary directory (for a file, a file), not a link',
  ],
  [['mount', 'newMount'], 'ENODEV', 'this kernel does not have that file system'],
  [PRIVILEGED, 'EPERM', 'run as root, or give a userNamespace'],
  [['openTree'], 'ENOENT', 'the source does not exist on the host'],
  [['openTree'], 'EINVAL', 'a bind of a directory with mounts below it needs type rbind'],
  [['mountSetattr'], 'EPERM', 'the host locked that mount flag: it cannot be cleared in a user namespace'],
  [['unshare', 'clone'], 'EINVAL', 'this kernel lacks one of these namespaces: see probe()'],
  [['unshare', 'clone'], 'ENOSPC EUSERS', 'a limit in /proc/sys/user/max_*_namespaces is reached'],
  [['clone'], 'EBUSY', CGROUP_IS_INNER],
  [['clone', 'init'], 'EAGAIN', 'resources.pids or RLIMIT_NPROC is too low'],
  [['idMaps'], 'EPERM', 'the mappings go beyond what this user may map'],
  [['idMaps'], 'EINVAL', 'the mappings overlap, or go beyond the user namespace of this program'],
  [
    ['idmapMount'],
    'EINVAL EPERM ENOSYS',
    'this file system or kernel has no idmapped mounts (Linux 5.12; overlays, NFS and others still lack them): give userNamespace mappings and a root file system that has those owners',
  ],
  [['landlock'], 'ENOENT', 'a path of landlock does not exist in the container'],
  [['openProc'], 'EXDEV', 'what is mounted at /proc is not procfs'],
  [['leaseIds'], 'ENOSPC', 'every range of ids is in use: give root a longer one in /etc/subuid and /etc/subgid'],
  [
    ['idMapProgram'],
    'EPERM ENOENT',
    'newuidmap and newgidmap must be set-user-ID root, allow these ids by /etc/subuid and /etc/subgid, and work without no_new_privs',
  ],
  [
    ['probeXattr'],
    'EOPNOTSUPP',
    'tmpfs keeps an overlay’s marks since Linux 6.6: give rootfs.upper, on a file system with user.* attributes',
  ],
  [['identity'], 'EINVAL', "user or group is not mapped in the container's user namespace"],
  [['identity'], 'EFBIG', 'its /etc/passwd or /etc/group is too large: give numbers'],
  [['identity'], 'EPERM', 'changing user needs CAP_SETUID and CAP_SETGID'],
  [['setrlimit'], 'EPERM', 'raising a hard limit needs CAP_SYS_RESOURCE, and nofile cannot pass /proc/sys/fs/nr_open'],
  [CAPABILITIES, 'EPERM', 'a capability that this process does not have itself cannot be given'],
  [['seccomp'], 'EACCES EPERM', 'without no_new_privs a filter needs CAP_SYS_ADMIN'],
  [
    ['seccomp'],
    'EINVAL ENOSYS',
    "this kernel has no filters (CONFIG_SECCOMP_FILTER): seccomp: 'unconfined' does without",
  ],
  [['joinSessionKeyring'], 'EDQUOT', 'raise /proc/sys/kernel/keys/maxkeys'],
  [['terminal'], 'ENOENT ENODEV', 'a terminal needs the devpts of the default mounts at /dev/pts'],
  [['terminal'], 'ENOSPC', 'raise /proc/sys/kernel/pty/max'],
  [
    ['exec'],
    'E2BIG',
    'one string has at most 128 KiB, arguments and environment together a quarter of the stack limit',
  ],
  [['exec'], 'ENOMEM', 'raise resources.memory'],
  [['exec'], 'ETXTBSY', 'the file is open for writing elsewhere'],
  [['exec'], 'EAGAIN', 'raise RLIMIT_NPROC of that user'],
  [['vethCreate'], 'EEXIST', "a link of that name exists: another's, or left by a container that is still going down"],
  [['vethCreate'], 'ENODEV', 'the bridge does not exist: make it first'],
  [['vethCreate'], 'ENOTSUP', 'load the veth module: modprobe veth'],
  [LINKS, 'EPERM', 'links need CAP_NET_ADMIN'],
  [['routeAdd'], 'ENETUNREACH', 'the gateway must lie within the address range of the interface'],
];

const has = (errnos: Errnos, code: string): boolean => errnos.split(' ').includes(code);

/** @param code Name of the errno. */
export function remedyFor({ name, args }: Operation, code: string): string | undefined {
  const written = name === 'write' ? args.path : undefined;
  const mounted = name === 'mount' || name === 'newMount' ? args.type : undefined;
  if ((name === 'clone' || name === 'unshare') && code === 'EPERM' && Number(args.flags ?? 0) & CLONE.NEWUSER)
    return NO_USER_NAMESPACE;
  const row =
    (written !== undefined && WRITES.find(([file, errnos]) => file.test(written) && has(errnos, code))) ||
    (mounted !== undefined && FILE_SYSTEMS.find(([type, errnos]) => type === mounted && has(errnos, code))) ||
    OPERATIONS.find(([names, errnos]) => names.includes(name) && has(errnos, code));
  return row?.[2];
}
