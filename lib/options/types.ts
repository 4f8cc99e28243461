/** What a caller may write. Every option is plain data; defaults are given at each. */
import type { Readable } from 'node:stream';
import type { NotifyHandlers, SeccompProfile } from '../security/seccomp/types.ts';

/** namespaces(7), by the names that the OCI runtime specification gives them (`mount`, `network`). */
export type NamespaceName = 'pid' | 'mount' | 'uts' | 'ipc' | 'network' | 'cgroup' | 'user' | 'time';

/** See the `seccomp` option. */
export type SeccompOption =
  | 'default'
  | 'unconfined'
  /** Names of syscalls(2). */
  | {
      allow?: readonly string[] | undefined;
      deny?: readonly string[] | undefined;
      /** Calls that functions of this program answer, by name; see docs/security.md. Not of a detached container. */
      notify?: NotifyHandlers | undefined;
      /** How long a handler may take, milliseconds; then the call fails with EPERM. 0: for ever. Default 10,000. */
      notifyTimeout?: number | undefined;
    }
  | SeccompProfile;

/** Something that has namespaces to join: a `Container` that runs, or a `Sandbox`. */
export interface NamespaceHolder {
  /** A descriptor of the namespace, which the caller of this method closes. */
  openNamespace(name: NamespaceName): number;
}

/**
 * Where a namespace comes from: a new one, the host's (the caller's), or a joined one, by an nsfs path
 * (`/proc/PID/ns/net`, `/run/netns/x`), by the pid of a process in it, by the id of a container that runs, or by a
 * container or sandbox itself.
 */
export type NamespaceOption =
  | 'new'
  | 'host'
  | { path: string }
  | { pid: number }
  | { container: string }
  | NamespaceHolder;

/** Namespaces; defaults: pid, mount, uts, ipc, network, cgroup new; user and time the host's. */
export type NamespacesOption = Partial<Record<NamespaceName, NamespaceOption>>;

/**
 * One range of user_namespaces(7) `uid_map`: `size` ids from `containerID` on are the host's from `hostID` on. Ranges must
 * not overlap; at most 340 of them, and less than 4096 bytes as text.
 */
export interface IDMapping {
  containerID: number;
  hostID: number;
  size: number;
}

/** Mappings of a new user namespace; giving them makes the user namespace new. */
export interface UserNamespaceOption {
  uidMappings: readonly IDMapping[];
  gidMappings: readonly IDMapping[];
  /**
   * Idmapped mounts: in the root file system and in bind mounts, uid 0 on the disk is uid 0 in the container, and what the
   * container's root writes is root's on the disk. Default false: files have the owners that the mappings say.
   */
  idmap?: boolean | undefined;
}

/** An overlay: `lower` directories from the uppermost to the lowest, writes go to the upper directory. */
export interface OverlayRootfs {
  /** Absolute or relative paths of existing directories, the uppermost first. */
  lower: string | readonly string[];
  /** Changes go to a private tmpfs that vanishes with the container. Default true, unless `upper` is given. */
  ephemeral?: boolean | undefined;
  /** Size limit of that tmpfs in bytes, at least 4096. Default: the kernel's (half of the memory). */
  size?: number | undefined;
  /** Keep the changes in this directory instead (made when missing); `work` must be on the same file system. */
  upper?: string | undefined;
  /** overlayfs' work directory, outside of `upper`. Default: `upper` + '.work'. */
  work?: string | undefined;
}

/**
 * The root file system: a directory (used read-write, as chroot does), an overlay, or `'host'`: the host's own root,
 * copy-on-write, nothing to download.
 */
export type RootfsOption = string | OverlayRootfs;

/** Names of the five capability sets of capabilities(7). */
export interface CapabilitySets {
  bounding?: readonly string[] | undefined;
  effective?: readonly string[] | undefined;
  permitted?: readonly string[] | undefined;
  inheritable?: readonly string[] | undefined;
  ambient?: readonly string[] | undefined;
}

/**
 * Capabilities by their names in capabilities(7), with or without `CAP_`, in any case.
 *
 * `'default'`: the fourteen that Docker's users have. A list: exactly these in bounding, effective and permitted.
 * `add`/`drop` change the default; 'ALL' may be a word of either, and `{ drop: ['ALL'], add: [...] }` is what is added.
 * Five sets: each exactly as given, missing ones empty; permitted must be within bounding, effective within permitted,
 * inheritable within bounding, ambient within permitted and inheritable.
 *
 * At the exec the kernel gives uid 0 the bounding set and any other user the ambient one: a user that is not root has
 * none unless `ambient` says so. What `'default'` and `'all'` have beyond this program's own is left out; what is asked
 * for by name and cannot be given is ERR_PERMISSION.
 */
export type CapabilitiesOption =
  | 'default'
  | 'all'
  | readonly string[]
  | { add?: readonly string[]; drop?: readonly string[] }
  | CapabilitySets;

/** A mount, after the OCI runtime specification's `mounts`. */
export interface MountOption {
  /** bind and rbind: an absolute host path or one relative to the working directory. Others: a name shown in mountinfo. */
  source?: string | undefined;
  /**
   * Absolute path in the container; made when missing, resolved inside the root file system. Not in `/proc`, but for the
   * files that only show numbers: cpuinfo, diskstats, loadavg, meminfo, slabinfo, stat, swaps, uptime, net/dev.
   */
  target: string;
  /** Default 'bind' when `source` is given (rbind: with the mounts below it), else required. */
  type?: 'bind' | 'rbind' | 'tmpfs' | 'proc' | 'sysfs' | 'devpts' | 'mqueue' | 'cgroup' | undefined;
  /**
   * Bind mounts, with all that an rbind brings, and tmpfs are nodev, unless `dev` is given or the source is /dev or in it.
   * mount(8) options: ro, rw, nosuid, suid, nodev, dev, noexec, exec, noatime, relatime, strictatime, nodiratime; for the
   * mounts below as well: rro, rnosuid, rnodev, rnoexec. bind and rbind stand for `type`, and a propagation's word for
   * `propagation`, as in the OCI runtime specification. Others go to the file system; a bind mount takes no others.
   */
  options?: readonly string[] | undefined;
  /** mount_namespaces(7) propagation of this mount. Default 'private'. */
  propagation?:
    | 'private'
    | 'rprivate'
    | 'slave'
    | 'rslave'
    | 'shared'
    | 'rshared'
    | 'unbindable'
    | 'runbindable'
    | undefined;
  /** Short for the option `ro`; of an rbind for `rro`, so that what is mounted below is read-only, too. Default false. */
  readonly?: boolean | undefined;
}

/** A program of the host's that is run while a container is set up. */
export interface HookOption {
  /** Absolute path on the host. */
  path: string;
  /** What follows its name. */
  args?: readonly string[] | undefined;
  /** On top of PATH and COFFERDAM_ROOTFS, the directory where the container's root is, or will be, mounted. */
  env?: Readonly<Record<string, string>> | undefined;
  /** Milliseconds, after which it is killed and the start fails. Default: none. */
  timeout?: number | undefined;
}

/**
 * Programs that are run in the container's namespaces and cgroups, but with the host's files: what they mount is the
 * container's alone. The first that ends with another status than 0 fails the start. What one leaves running is in the
 * container. They run as root, or, of a caller who is not, as the caller, who is root in the container; not together with
 * `userNamespace`. OCI's other hooks need no option: what comes before `start()`, after it or at the end the program does itself.
 */
export interface HooksOption {
  /** Before the root file system is mounted: LXC's `pre-mount`. */
  preMount?: readonly HookOption[] | undefined;
  /** When everything is mounted, before the host's files go out of sight: OCI's hook of this name. */
  createContainer?: readonly HookOption[] | undefined;
}

/**
 * Limits, after the OCI runtime specification's `linux.resources`, in bytes, CPUs and counts. Only the cgroup controllers
 * that a limit needs are joined; without a memory limit, a result's `peakMemory` is that of the largest process.
 */
export interface ResourcesOption {
  /** Memory limit, bytes, at least 4096 (a process needs a few hundred KiB to start). */
  memory?: number | undefined;
  /**
   * Memory plus swap, bytes (v1's and Docker's meaning), at least `memory`, which it needs; -1 is without limit. Default: the
   * kernel's, which does not limit swap. Needs a kernel that accounts for swap.
   */
  memorySwap?: number | undefined;
  /** Soft limit: reclaimed to it first under pressure, bytes, at most `memory`. */
  memoryReservation?: number | undefined;
  /** v2: beyond it processes are slowed down and their memory reclaimed, bytes, at most `memory`. */
  memoryHigh?: number | undefined;
  /** v2: a kill for memory takes all processes of the container. Default false. */
  oomGroup?: boolean | undefined;
  /** v1: processes wait for memory instead of being killed. Only sensible with `memory`. Default false. */
  oomKillDisable?: boolean | undefined;
  /** CPU time per wall time: 0.5 is half a CPU. At least 0.01. */
  cpus?: number | undefined;
  /** CPU time that was not used and may be added later, in the unit of `cpus`, at most `cpus`, which it needs. */
  cpuBurst?: number | undefined;
  /** SCHED_IDLE for the whole container: it runs when nobody else wants to. Default false. */
  cpuIdle?: boolean | undefined;
  /**
   * Relative share of CPU time, v2's scale 1 to 10000 with default 100. On v1 converted to cpu.shares. What `update()` says
   * of it while `cpuIdle` is true counts when that ends: the kernel takes none before.
   */
  cpuWeight?: number | undefined;
  /** CPUs to run on, a list such as '0-2,4' (cpuset(7)). */
  cpuset?: string | undefined;
  /** Memory nodes, a list. */
  cpusetMems?: string | undefined;
  /** Most processes and threads, at least 1. */
  pids?: number | undefined;
  /** Disks. */
  io?: IOOption | undefined;
  /**
   * Devices that may be opened, beside those of the default /dev: rules as the OCI runtime specification has them, of those
   * that match the last one counts. Default: none, and then nodev mounts are what keeps devices out; with it they stay.
   */
  devices?: readonly DeviceRule[] | undefined;
  /** Most bytes of huge pages, by their size as the kernel names it: `{ '2MB': 2 ** 26 }`. */
  hugetlb?: Readonly<Record<string, number>> | undefined;
  /** Files of the container's v2 cgroup and what is written to them, after everything else: `{ 'memory.high': '64M' }`. */
  unified?: Readonly<Record<string, string>> | undefined;
}

/** `{ allow: true, path: '/dev/fuse' }`, `{ allow: true, type: 'c', major: 10, minor: 229, access: 'rw' }`. */
export interface DeviceRule {
  allow: boolean;
  /** 'c' for character, 'b' for block devices, 'a' for both. Default 'a'. */
  type?: 'a' | 'b' | 'c' | undefined;
  /** Default: every number. With one, `type` must say which kind. */
  major?: number | undefined;
  minor?: number | undefined;
  /** A device of the host, instead of type and numbers. */
  path?: string | undefined;
  /** Letters of 'rwm': read, write, make a node. Default 'rwm'. */
  access?: string | undefined;
}

export interface IOOption {
  /** Share of a disk's time, v2's scale 1 to 10000 with default 100; on v1 converted to 10 to 1000. Needs BFQ or iocost. */
  weight?: number | undefined;
  devices?: readonly IODeviceLimit[] | undefined;
}

/** Limits of one disk. */
export interface IODeviceLimit {
  /** Path of a block device of the host, or 'major:minor'. */
  device: string;
  weight?: number | undefined;
  /** Bytes a second. */
  readBps?: number | undefined;
  writeBps?: number | undefined;
  /** Operations a second. */
  readIops?: number | undefined;
  writeIops?: number | undefined;
}

/** RLIMIT_* of getrlimit(2) by their lower-case names without the prefix; a number sets both. */
export type RlimitName =
  | 'as'
  | 'core'
  | 'cpu'
  | 'data'
  | 'fsize'
  | 'locks'
  | 'memlock'
  | 'msgqueue'
  | 'nice'
  | 'nofile'
  | 'nproc'
  | 'rss'
  | 'rtprio'
  | 'rttime'
  | 'sigpending'
  | 'stack';
export type RlimitValue = number | 'unlimited';
export type RlimitsOption = Partial<Record<RlimitName, RlimitValue | { soft: RlimitValue; hard: RlimitValue }>>;

/**
 * Who the process is: a name or number, `'user:group'`, or with supplementary groups, which need a `gid`. Digits are always
 * a number, 0 to 4294967294, and never looked up; names are those of the container's /etc/passwd and /etc/group. Without a
 * group it is the user's in /etc/passwd, else 0; without `groups` those that /etc/group says.
 */
export type UserOption =
  | string
  | number
  | { uid: number | string; gid?: number | string; groups?: readonly (number | string)[] };

/** landlock(7): of what is listed only that remains; what no list speaks of is as before. Needs `noNewPrivileges`. */
export interface LandlockOption {
  /** With one of these three lists every other path can be neither read, written nor executed. Absolute, in the container. */
  read?: readonly string[] | undefined;
  /** Written, made, removed, renamed; to read as well takes `read`. */
  write?: readonly string[] | undefined;
  /** The command and its loader must be among them. */
  execute?: readonly string[] | undefined;
  /** TCP ports to connect to; Linux 6.7. */
  connect?: readonly number[] | undefined;
  /** TCP ports to bind; Linux 6.7. */
  bind?: readonly number[] | undefined;
  /** No signals to, and no abstract sockets of, processes outside; Linux 6.12. Default false. */
  scoped?: boolean | undefined;
}

/** A container's `user`: with `map: 'auto'` in a user namespace, as `userNamespace: 'auto'`. */
export type ContainerUserOption =
  | UserOption
  | { map: 'auto'; uid?: number | string; gid?: number | string; groups?: readonly (number | string)[] };

/** An interface of a container's own network namespace: a veth pair, one end in the container, the peer on the host. */
export interface NetworkOption {
  /** Name of the interface in the container, at most 15 characters. Default 'eth0', of the next one 'eth1' and so on. */
  interface?: string | undefined;
  /**
   * A network of `createNetwork()`, the default network 'cofferdam0', or any bridge of the host, which the peer joins.
   * A network leases an address, and says gateway and MTU, where these are not given. Default none.
   */
  bridge?: string | undefined;
  /** Address with prefix length, '10.0.0.1/24'; in a network the length can be left out, and nobody else gets it. */
  address?: string | undefined;
  /** Further addresses with prefix length, of either family; a network does not keep them from others. Default none. */
  addresses?: readonly string[] | undefined;
  /** Default route. Default: that of the first interface with a network that leads outside. */
  gateway?: string | undefined;
  /** Default: the network's, else the kernel's 1500. */
  mtu?: number | undefined;
  /** Name of the other end, on the host, at most 15 characters and unique there. Default: one made at each launch. */
  hostInterface?: string | undefined;
  /** '02:00:00:00:00:01'. Default: in a network made of the address, else the kernel's choice. */
  mac?: string | undefined;
  /** Further routes through this interface. */
  routes?: readonly RouteOption[] | undefined;
  /** Ports of the host that lead to ports of this interface, whose network must be one with a way out. */
  publish?: readonly PublishOption[] | undefined;
  /**
   * 'veth': a pair, one end in the container, the other on the host. 'macvlan': one more MAC on the wire of `parent`.
   * 'vxlan': a tunnel to `peers` through the host's network. 'move': an interface of the host, `device`, which the host
   * has back under its old name at the container's end. 'pasta', 'slirp4netns': for users who are not root, see
   * docs/rootless.md. Default 'veth'.
   */
  type?: 'veth' | 'macvlan' | 'vxlan' | 'move' | 'pasta' | 'slirp4netns' | undefined;
  /**
   * pasta, slirp4netns: what listens on the host's own loopback is reached too, by the gateway's address. Default false,
   * since it is meant for nobody but the host.
   */
  hostLoopback?: boolean | undefined;
  /** macvlan: the interface of the host. */
  parent?: string | undefined;
  /** macvlan: whom those of one parent reach, see ip-link(8). Default 'bridge': each other. */
  mode?: 'bridge' | 'private' | 'vepa' | 'passthru' | undefined;
  /** move: the interface of the host. */
  device?: string | undefined;
  /** vxlan: the network identifier, 1 to 2^24 - 1. */
  vni?: number | undefined;
  /** vxlan: the host's own address. */
  local?: string | undefined;
  /** vxlan: addresses of the other hosts. Default none. */
  peers?: readonly string[] | undefined;
  /** vxlan: UDP port. Default 4789. */
  port?: number | undefined;
  /** Most bytes a second, each way, or of one: what the container receives, what it sends. Default unlimited. */
  rate?: number | { receive?: number | undefined; send?: number | undefined } | undefined;
  /** Milliseconds that packets take longer, each way. Needs a kernel with netem. Default 0. */
  delay?: number | undefined;
  /** How many packets get lost, each way: 0.01 is one of a hundred. Needs a kernel with netem. Default 0. */
  loss?: number | undefined;
  /** /etc/resolv.conf. Default: in a network its own responder, else the file stays as it is. */
  dns?: DNSOption | undefined;
  /** Further names that the container has in its network, beside host name and id. */
  aliases?: readonly string[] | undefined;
}

/** See resolv.conf(5). */
export interface DNSOption {
  /** At most 3. Default: the network's responder. */
  servers?: readonly string[] | undefined;
  /** Domains, at most 6. */
  search?: readonly string[] | undefined;
  /** 'ndots:2', 'timeout:1'. */
  options?: readonly string[] | undefined;
}

export interface RouteOption {
  /** '10.1.0.0/16'. */
  destination: string;
  /** Address of a neighbour. Default: the destination is on the link itself. */
  gateway?: string | undefined;
}

/** A port of the host that leads to one of the container. */
export interface PublishOption {
  /** Port of the container. */
  container: number;
  /** Port of the host; 0: a free one, which `container.published` tells. Default: the container's. */
  host?: number | undefined;
  /** Default 'tcp'. */
  protocol?: 'tcp' | 'udp' | undefined;
  /** Address of the host; '127.0.0.1' is reachable from the host alone. Default: all, of IPv6 too where the network has it. */
  address?: string | undefined;
}

/** What `createNetwork()` takes. */
export interface CreateNetworkOptions {
  /** Also its bridge's: letters, digits, '-', '_' and '.', at most 15. */
  name: string;
  /** IPv4 addresses, '10.4.0.0/24', at least a /30. Default: a free /22 that the host has no route to. */
  subnet?: string | undefined;
  /** The bridge's own address. Default: the subnet's first. */
  gateway?: string | undefined;
  /** No way out, and no way in: its containers reach each other only. Default false. */
  internal?: boolean | undefined;
  /** Bytes, of the bridge and its containers' interfaces. Default: the kernel's 1500. */
  mtu?: number | undefined;
  /** IPv6 as well: a subnet such as 'fd00:4::/64', or true for one of random unique local addresses. Default false: off. */
  ipv6?: boolean | string | undefined;
  /**
   * Across hosts, by VXLAN: addresses of the other hosts. All of them are told the same `subnet` and `vni`, and of each other;
   * each leases addresses of its own part, and names are found across them.
   */
  peers?: readonly string[] | undefined;
  /** VXLAN network identifier, 1 to 2^24 - 1; with `peers`. */
  vni?: number | undefined;
  /** This host's address, which the others have among their peers; with `peers`. */
  local?: string | undefined;
  /** UDP port of the VXLAN; with `peers`. Default 4789. */
  port?: number | undefined;
}

/** Options of the process, in `start()`, `run()` and `exec()`. */
export interface ProcessOptions {
  /**
   * Environment of the process, on top of its container's; nothing of this program's own is added. Where they are not
   * given: PATH (the usual directories), HOME (by the user), and with a tty TERM ('xterm').
   */
  env?: Readonly<Record<string, string>> | undefined;
  /** Absolute path. Default '/'. For the first process it is made when missing. */
  cwd?: string | undefined;
  /** Default 0:0 (with a user namespace: its own 0:0). */
  user?: UserOption | undefined;
  /** File mode creation mask. Default 0o022. */
  umask?: number | undefined;
  /** Default: this program's own; resource by resource on top of the container's. */
  rlimits?: RlimitsOption | undefined;
  /** Default 'default'. */
  capabilities?: CapabilitiesOption | undefined;
  /** PR_SET_NO_NEW_PRIVS, see prctl(2). Default true. */
  noNewPrivileges?: boolean | undefined;
  /**
   * System calls that it may make, seccomp(2). 'default': what container users are used to, see docs/security.md;
   * { allow, deny }: the default with calls more or less; a profile as the OCI runtime specification or Docker writes it,
   * parsed; 'unconfined': no filter. Default 'default'.
   */
  seccomp?: SeccompOption | undefined;
  /** Default none. ERR_UNSUPPORTED where the kernel does not have it. */
  landlock?: LandlockOption | undefined;
  /** AppArmor profile that the command gets, which is loaded. ERR_UNSUPPORTED where AppArmor is not active. Default none. */
  apparmor?: string | undefined;
  /** SELinux context of the command. ERR_UNSUPPORTED where SELinux is not active. Default: what the policy says. */
  selinux?: string | undefined;
  /** oom_score_adj of proc(5), -1000 to 1000. Default 0. Below this program's own it takes CAP_SYS_RESOURCE. */
  oomScoreAdj?: number | undefined;
  /** A pseudo-terminal as controlling terminal and standard streams. Default false; size 24 rows, 80 columns. */
  tty?: boolean | { rows?: number; columns?: number } | undefined;
  /** Ends the process with SIGKILL and rejects with `signal.reason`. */
  signal?: AbortSignal | undefined;
}

/** A standard stream: a pipe (a Node stream on this side), nothing (/dev/null), this program's own, or a descriptor. */
export type StdioOption = 'pipe' | 'ignore' | 'inherit' | number;

export interface StartOptions extends ProcessOptions {
  /** One for all three, or each. Default 'pipe'. */
  stdio?: StdioOption | readonly [StdioOption, StdioOption, StdioOption] | undefined;
}

export interface RunOptions extends Omit<ProcessOptions, 'tty'> {
  /** Standard input. Default: none (end of file at once). */
  input?: string | Uint8Array | Readable | undefined;
  /** Kill after so many milliseconds; the result says `timedOut`. Default 0: never. */
  timeout?: number | undefined;
  /** Most bytes kept of stdout and of stderr; more ends the process with ERR_OUTPUT_EXCEEDED. Default 64 MiB. */
  maxBuffer?: number | undefined;
  /** Of stdout and stderr in the result; 'buffer' gives Buffers. Default 'utf8'. */
  encoding?: BufferEncoding | 'buffer' | undefined;
}

/** What `createContainer()` takes: the container, and defaults for its processes. */
export interface ContainerOptions extends Omit<ProcessOptions, 'tty' | 'user'>, DetachedOptions {
  /** Required. */
  rootfs: RootfsOption;
  /** Make the root file system read-only. Default false. */
  readonly?: boolean | undefined;
  /** `[A-Za-z0-9_+-][A-Za-z0-9_+.-]*`, at most 64 characters, unique among those alive. Default: random. */
  id?: string | undefined;
  /** sethostname(2): letters, digits, '-', '.' and '_', at most 64. Default: the id. */
  hostname?: string | undefined;
  /** setdomainname(2). Default: the host's. */
  domainname?: string | undefined;
  namespaces?: NamespacesOption | undefined;
  /** Default 0:0 (with a user namespace: its own 0:0). `{ map: 'auto' }` is `userNamespace: 'auto'`. */
  user?: ContainerUserOption | undefined;
  /**
   * A new user namespace. 'auto': 65536 ids that no other container has, from root's ranges in /etc/subuid and /etc/subgid
   * (2147483648 and up where they say nothing), with idmapped mounts; see docs/rootless.md. Default: the host's user
   * namespace; for a user who is not root, one in which this user is root.
   */
  userNamespace?: 'auto' | UserNamespaceOption | undefined;
  /** Offsets of the clocks of a new time namespace, whole seconds of either sign; see time_namespaces(7). */
  timeOffsets?: { monotonic?: number; boottime?: number } | undefined;
  /** Beside `/dev`, `/proc`, `/sys`, `/dev/shm`, `/dev/pts`, `/dev/mqueue`; in this order, after those. */
  mounts?: readonly MountOption[] | undefined;
  /** Programs that are run between the mounts. Not in a user namespace. */
  hooks?: HooksOption | undefined;
  /** The default mounts. false: only those in `mounts`. Default true. */
  defaultMounts?: boolean | undefined;
  /** Paths hidden in the container. Default: the list that Docker's users have. */
  maskedPaths?: readonly string[] | undefined;
  /** Paths made read-only. Default: the list that Docker's users have. */
  readonlyPaths?: readonly string[] | undefined;
  /**
   * sysctl(8) keys of the container's own namespaces: `kernel.msg*`, `kernel.shm*`, `kernel.sem` and `fs.mqueue.*` of ipc,
   * `kernel.domainname` of uts, `net.*` of network. All others are the host's, and refused.
   */
  sysctl?: Readonly<Record<string, string | number>> | undefined;
  resources?: ResourcesOption | undefined;
  /** cgroup v2 only: absolute path below the hierarchy's root in which the container's cgroup is made. */
  cgroupParent?: string | undefined;
  /**
   * 'none': loopback only. 'host': the host's network namespace. 'bridge': an interface in the default network cofferdam0,
   * which is there as long as it is used. 'container:ID': the namespace of that container. 'pasta', 'slirp4netns': by that
   * program, for users who are not root. Default 'none', with `publish` 'bridge'.
   */
  network?:
    | 'none'
    | 'host'
    | 'bridge'
    | 'pasta'
    | 'slirp4netns'
    | `container:${string}`
    | NetworkOption
    | readonly NetworkOption[]
    | undefined;
  /** Further lines of /etc/hosts: name → address. */
  hosts?: Readonly<Record<string, string>> | undefined;
  /** Ports of the host that lead to ports of the first interface. */
  publish?: readonly PublishOption[] | undefined;
  /** Join the sandbox's namespaces and cgroup parent. */
  sandbox?: NamespaceHolder & {
    readonly cgroupParent: string | undefined;
    readonly namespaces: readonly NamespaceName[];
  };
  /** A reaper and signal forwarder as PID 1. Default false: PID 1 is the command. */
  init?: boolean | undefined;
}

/** See `ContainerOptions.logs`. */
export interface LogOptions {
  /** Bytes after which another file is begun, at least 4096. Default 1 MiB. */
  size?: number | undefined;
  /** Most files, the oldest of which goes. Default 5. */
  files?: number | undefined;
}

/** What `createContainer()` takes for a container that outlives this program. */
export interface DetachedOptions {
  /** Its name on this machine: an id. The same thing as `id`. Default: random. */
  name?: string | undefined;
  /** It outlives this program: a monitor watches over it, and every program can find it by its name. Default false. */
  detached?: boolean | undefined;
  /**
   * What its monitor does at its end: 'no', 'always' (start the command again), 'on-failure' (when its exit status is not 0)
   * or 'on-failure:N' (N times at most). It waits 100 ms before the first time and twice as long each time, a minute at
   * most; a run of ten seconds begins anew. `stop()` and `remove()` end it. Default 'no'.
   */
  restart?: 'no' | 'always' | 'on-failure' | `on-failure:${number}` | undefined;
  /** What becomes of its output: files that `logs()` reads, or nothing. Default: files. */
  logs?: 'none' | LogOptions | undefined;
  /** `startAll()` (at the machine's start, say) starts it: the lowest `order` first, then waiting `delay` ms. Default false. */
  autostart?: boolean | { order?: number; delay?: number } | undefined;
  /** It vanishes with all its files when it stops. Default false. */
  ephemeral?: boolean | undefined;
  /** Absolute paths of directories on the host that vanish with an ephemeral one, whoever cleans up after it. Default none. */
  removes?: readonly string[] | undefined;
  /** Start the command again when the container reboots itself, see reboot(2); that takes CAP_SYS_BOOT. Default false: it stops. */
  reboot?: boolean | undefined;
  /** Take the place of a container of this name that does not run, and of its log. Default false: ERR_NAME_IN_USE. */
  replace?: boolean | undefined;
  /** What `start()` executes when it is not told. */
  command?: readonly string[] | undefined;
}

/** What `clone()` takes. */
export interface CloneOptions {
  /** With a `count`: what their names begin with, before -1, -2 ... Default: the source's and a random part. */
  name?: string | undefined;
  /** Start it at once, and let it vanish with all its files when it stops. Default false. */
  ephemeral?: boolean | undefined;
  /** Share the source's files, copy on write; else they are copied. Default: what is ephemeral shares. */
  snapshot?: boolean | undefined;
  /** The same in LXC's words: 'overlay' shares, 'copy' copies. */
  backing?: 'overlay' | 'copy' | undefined;
  /** Ephemeral: changes go to memory. false: to a directory of the library's. Default true. */
  tmpfs?: boolean | undefined;
  /** Most bytes of that memory. Default: half of the machine's. */
  size?: number | undefined;
  /** How many, 10,000 at most; the result is then a list, of all or of none. */
  count?: number | undefined;
  /** What an ephemeral copy starts. Default: the source's `command`. */
  command?: readonly string[] | undefined;
}

/** What `createSandbox()` takes. */
export interface SandboxOptions {
  /** As a container's id. Default: random. */
  id?: string | undefined;
  /** Namespaces to make. Default: network, ipc, uts. */
  namespaces?: readonly Extract<NamespaceName, 'network' | 'ipc' | 'uts'>[] | undefined;
  /** Host name of the uts namespace. Default: the id. */
  hostname?: string | undefined;
  /** Of the network namespace. Default 'none': loopback only. */
  network?: 'none' | 'bridge' | NetworkOption | readonly NetworkOption[] | undefined;
  /** Parent of its containers' cgroups: an absolute path below the hierarchies' places, `..` refused. Default: none of its own. */
  cgroupParent?: string | undefined;
}
