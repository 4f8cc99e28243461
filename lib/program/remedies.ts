/** What to do about an operation that failed: by operation and errno, the first row that fits. */
import type { OperationName } from './contract.ts';
import type { Operation } from './operation.ts';

type When = (operation: Operation) => boolean;
type Remedy = readonly [names: readonly OperationName[], errnos: string, remedy: string, when?: When];

const writesTo =
  (pattern: RegExp): When =>
  (operation) =>
    operation.name === 'write' && pattern.test(operation.args.path ?? '');
const mountsType =
  (type: string): When =>
  (operation) =>
    operation.name === 'mount' && operation.args.type === type;

const PRIVILEGE = 'run as root, or give a userNamespace';

/** The first row that fits speaks. `errnos` are names with spaces between, '*' is any. */
const REMEDIES: readonly Remedy[] = [
  [
    ['write'],
    'EINVAL ERANGE',
    'resources.cpuset names CPUs that this machine or the parent cgroup does not have',
    writesTo(/cpuset\.cpus$/),
  ],
  [['write'], 'EACCES', 'resources.cpuset goes beyond the CPUs of the parent cgroup', writesTo(/cpuset\.cpus$/)],
  [
    ['write'],
    'EINVAL ERANGE EACCES',
    'resources.cpusetMems names memory nodes that this machine or the parent cgroup does not have',
    writesTo(/cpuset\.mems$/),
  ],
  [
    ['write'],
    'ENOENT EACCES',
    'this kernel does not account for swap: boot with swapaccount=1, or leave out resources.memorySwap',
    writesTo(/memory\.(memsw\.|swap\.)/),
  ],
  [['write'], 'EBUSY', 'the limit is below what is in use already: raise resources.memory', writesTo(/memory\./)],
  [
    ['write'],
    'EINVAL',
    'the parent cgroup allows less CPU time than resources.cpus asks for',
    writesTo(/cpu\.(cfs_|max)/),
  ],
  [
    ['write'],
    'EBUSY',
    'processes live directly in that cgroup, so it cannot have children with controllers: choose another cgroupParent',
    writesTo(/cgroup\.subtree_control$/),
  ],
  [
    ['write'],
    'ENOENT',
    'that controller is not delegated here: choose a cgroupParent that has it',
    writesTo(/cgroup\.subtree_control$/),
  ],
  [
    ['write'],
    'ENOSPC',
    'set cpuset.cpus and cpuset.mems of the parent cgroup first',
    writesTo(/cpuset\/.*\/(tasks|cgroup\.procs)$/),
  ],
  [['write'], 'EAGAIN', 'a parent cgroup is at its own limit of processes', writesTo(/\/(tasks|cgroup\.procs)$/)],
  [
    ['write'],
    'EBUSY EOPNOTSUPP ENOTSUP',
    'the parent cgroup is threaded or has processes of its own: choose another cgroupParent',
    writesTo(/\/(tasks|cgroup\.procs)$/),
  ],
  [['write'], 'EPERM EACCES', 'lowering oom_score_adj needs CAP_SYS_RESOURCE', writesTo(/oom_score_adj$/)],
  [
    ['write'],
    'EPERM EACCES EROFS',
    'sysctls need a namespace of the container’s own and a writable /proc/sys',
    writesTo(/^\/proc\/sys\//),
  ],
  [['write'], 'ENOENT', 'this kernel has no such sysctl', writesTo(/^\/proc\/sys\//)],
  [['cgroupCreate'], 'ENOENT', 'the parent cgroup does not exist: make it first'],
  [['cgroupCreate'], 'EEXIST', 'a cgroup of that name is left over or in use: run cofferdam gc, or choose another id'],
  [
    ['cgroupCreate', 'write'],
    'EROFS',
    'the cgroup file system is mounted read-only here, as in most containers: remount it read-write',
  ],
  [['cgroupCreate'], 'EPERM EACCES', 'run as root, or have the cgroup delegated to this user'],
  [['cgroupCreate'], 'EAGAIN', 'cgroup.max.descendants or cgroup.max.depth of a parent is reached'],
  [
    ['mount'],
    'EINVAL',
    'see dmesg; the upper directory must not be on overlayfs or NFS, and at most 500 layers stack',
    mountsType('overlay'),
  ],
  [['mount'], 'ENOENT', 'a lower or upper directory does not exist', mountsType('overlay')],
  [['mount'], 'ENODEV', 'load the overlay module: modprobe overlay', mountsType('overlay')],
  [['mount'], 'EBUSY', 'another mount uses that upper or work directory', mountsType('overlay')],
  [
    ['mount'],
    'EPERM',
    'a new proc needs a new pid namespace and, inside another container, an unmasked /proc',
    mountsType('proc'),
  ],
  [['mount'], 'EPERM', 'a new sysfs needs a new network namespace', mountsType('sysfs')],
  [
    ['mount', 'moveMount', 'open'],
    'ENOTDIR ELOOP',
    'the target must be an ordinary directory, not a link, for a directory (a file for a file)',
  ],
  [['mount', 'newMount'], 'ENODEV', 'this kernel does not have that file system'],
  [
    ['mount', 'newMount', 'unshare', 'clone', 'openTree', 'pivotRoot', 'sethostname', 'setdomainname', 'mknod'],
    'EPERM',
    PRIVILEGE,
  ],
  [['openTree'], 'ENOENT', 'the source does not exist on the host'],
  [['openTree'], 'EINVAL', 'a bind of a directory with mounts below it needs type rbind'],
  [['mountSetattr'], 'EPERM', 'the host locked that mount flag: it cannot be cleared in a user namespace'],
  [['newMount'], 'EINVAL', 'more than a page of layers needs lowerdir+ (Linux 6.7): use fewer or shorter lower paths'],
  [['unshare', 'clone'], 'EINVAL', 'this kernel lacks one of these namespaces: see probe()'],
  [['unshare', 'clone'], 'ENOSPC EUSERS', 'a limit in /proc/sys/user/max_*_namespaces is reached'],
  [['clone', 'init'], 'EAGAIN', 'resources.pids or RLIMIT_NPROC is too low'],
  [['idMaps'], 'EPERM', 'the mappings go beyond what this user may map: root, or /etc/subuid and newuidmap'],
  [['idMaps'], 'EINVAL', 'the mappings overlap or go beyond this user namespace'],
  [['identity'], 'EINVAL', 'user or group is not mapped in the container’s user namespace'],
  [['identity'], 'EFBIG', 'its /etc/passwd or /etc/group is too large, or not a file: give numbers'],
  [['identity'], 'EPERM', 'changing user needs CAP_SETUID and CAP_SETGID'],
  [['setrlimit'], 'EPERM', 'raising a hard limit needs CAP_SYS_RESOURCE, and nofile cannot pass /proc/sys/fs/nr_open'],
  [
    ['capset', 'capBounding', 'capAmbient'],
    'EPERM',
    'a capability that this process does not have itself cannot be given',
  ],
  [['seccomp'], 'EACCES EPERM', 'without no_new_privs a filter needs CAP_SYS_ADMIN'],
  [['joinSessionKeyring'], 'EDQUOT', 'raise /proc/sys/kernel/keys/maxkeys'],
  [['terminal'], 'ENOENT ENODEV', 'a terminal needs the devpts of the default mounts at /dev/pts'],
  [['terminal'], 'ENOSPC', 'raise /proc/sys/kernel/pty/max'],
  [
    ['exec'],
    'E2BIG',
    'arguments and environment are too large: one string at most 128 KiB, together a quarter of the stack limit',
  ],
  [['exec'], 'ENOMEM', 'raise resources.memory'],
  [['exec'], 'ETXTBSY', 'the file is open for writing elsewhere'],
  [['exec'], 'EAGAIN', 'raise RLIMIT_NPROC of that user'],
  [
    ['vethCreate'],
    'EEXIST',
    'a link of that name exists: left over from a container that is still going down, or another’s',
  ],
  [['vethCreate'], 'ENODEV', 'the bridge does not exist: make it first'],
  [['vethCreate'], 'ENOTSUP', 'load the veth module: modprobe veth'],
  [['vethCreate', 'linkSetUp', 'addressAdd', 'routeAdd'], 'EPERM', 'links need CAP_NET_ADMIN'],
  [['routeAdd'], 'ENETUNREACH', 'the gateway must lie within the interface’s address range'],
];

/** @param code Name of the errno. */
export const remedyFor = (operation: Operation, code: string): string | undefined =>
  REMEDIES.find(
    ([names, errnos, , when]) =>
      names.includes(operation.name) &&
      (errnos === '*' || errnos.split(' ').includes(code)) &&
      (when?.(operation) ?? true),
  )?.[2];
