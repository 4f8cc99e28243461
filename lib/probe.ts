/** `probe()`: what this kernel and this user can do, each *no* with its reason and what would help. */
import { readFileSync } from 'node:fs';
import { release } from 'node:os';
import { nameIn } from './cgroup/controller.ts';
import { cgroupSystem, hierarchyOf, mountedCgroups } from './cgroup/detect.ts';
import { CONTROLLERS, homeOf } from './cgroup/placement.ts';
import { describeErrno } from './errors.ts';
import { userNamespaceErrno } from './launch/for-this-user.ts';
import { native } from './native.ts';
import { findNft } from './network/nft.ts';
import { userModeMissing, userModeRemedy } from './network/user-mode.ts';
import { CAPABILITIES } from './program/constants.ts';
import { availableCapabilities } from './security/available.ts';
import { findPrograms } from './security/id-map-programs.ts';
import { subordinateIds } from './security/subordinate.ts';
import { scopeMaker } from './systemd/transient-scope.ts';

/** One thing that containers use. */
export interface ProbeRow {
  feature: string;
  available: boolean;
  /** What it is needed for. */
  purpose: string;
  /** Why not. Empty when available. */
  reason: string;
  /** What would help. Empty when available. */
  remedy: string;
}

export interface Probe {
  /** Everything that a container with default options needs is there. */
  usable: boolean;
  kernel: string;
  /** 'v1', 'hybrid', 'v2' or 'none'. */
  cgroups: string;
  /** How the launcher's executable is held: 'memfd', or 'file' where the kernel forbids executable memfds. */
  features: ProbeRow[];
}

interface Row {
  feature: string;
  purpose: string;
  remedy: string;
  /** Without it no container starts. */
  required: boolean;
  /** '' when it is there, else the reason. */
  missing(): string;
}

const isRoot = (): boolean => process.geteuid?.() === 0;

/** What containers of a user who is not root need or can use; docs/rootless.md. */
const ROOTLESS_ROWS: readonly Row[] = [
  {
    feature: 'containers for this user',
    purpose: 'starting containers',
    remedy: 'run as root, or allow user namespaces: sysctl user.max_user_namespaces, kernel.unprivileged_userns_clone',
    required: true,
    missing: () => {
      const errno = isRoot() ? 0 : userNamespaceErrno();
      return errno === 0 ? '' : `not root, and user namespaces are refused: ${describeErrno(errno).code}`;
    },
  },
  {
    feature: 'subordinate ids',
    purpose: "userNamespace: 'auto', and more than one id in a rootless container",
    remedy: 'usermod --add-subuids 100000-165535 --add-subgids 100000-165535 USER',
    required: false,
    missing: () => {
      const { uids, gids } = subordinateIds(process.geteuid?.() ?? 0);
      if (isRoot() || (uids.length > 0 && gids.length > 0)) return '';
      return '/etc/subuid and /etc/subgid give this user none';
    },
  },
  {
    feature: 'newuidmap',
    purpose: 'mapping subordinate ids without root',
    remedy: 'apt-get install uidmap',
    required: false,
    missing: () => (isRoot() || findPrograms() ? '' : 'newuidmap and newgidmap are not installed'),
  },
  ...(['pasta', 'slirp4netns'] as const).map(
    (name): Row => ({
      feature: name,
      purpose: `network: '${name}', for users who are not root`,
      remedy: userModeRemedy(name),
      required: false,
      missing: () => userModeMissing(name),
    }),
  ),
  {
    feature: 'tmpfs user.* attributes',
    purpose: 'ephemeral overlays without root',
    remedy: 'Linux 6.6 or later has them; or give rootfs.upper',
    required: false,
    missing: () => {
      const [major = 0, minor = 0] = release().split('.').map(Number);
      return isRoot() || major * 1000 + minor >= 6006 ? '' : 'this kernel’s tmpfs has none';
    },
  },
];

const has = (path: string): boolean => {
  try {
    readFileSync(path);
    return true;
  } catch {
    return false;
  }
};

const fileSystem = (name: string): string =>
  new RegExp(`\\t${name}$`, 'm').test(readFileSync('/proc/filesystems', 'utf8'))
    ? ''
    : `the kernel does not have ${name}`;

/** A namespace file opens but cannot be read (EINVAL); what the kernel does not have is missing. */
function namespace(file: string): string {
  try {
    readFileSync(`/proc/self/ns/${file}`);
    return '';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'the kernel was built without it' : '';
  }
}

const NAMESPACE_FILES: readonly [file: string, required: boolean][] = [
  ['pid', true],
  ['mnt', true],
  ['uts', true],
  ['ipc', true],
  ['net', true],
  ['cgroup', true],
  ['user', false],
  ['time', false],
];

function capability(name: (typeof CAPABILITIES)[number]): string {
  const bit = 1n << BigInt(CAPABILITIES.indexOf(name));
  return availableCapabilities(false) & bit ? '' : 'this program does not have it';
}

const ROWS: readonly Row[] = [
  {
    feature: 'root',
    purpose: 'containers in the host’s user namespace, networks, limits; without it containers are rootless',
    remedy: 'run the program with sudo, keeping PATH: sudo env "PATH=$PATH" node program.js; or see docs/rootless.md',
    required: false,
    missing: () => (isRoot() ? '' : `running as uid ${process.geteuid?.()}`),
  },
  ...ROOTLESS_ROWS,
  ...NAMESPACE_FILES.map(
    ([file, required]): Row => ({
      feature: `${file} namespace`,
      purpose: 'isolation, see namespaces(7)',
      remedy: 'a kernel with CONFIG_NAMESPACES and its options',
      required,
      missing: () => namespace(file),
    }),
  ),
  {
    feature: 'overlay',
    purpose: "rootfs: 'host' and ephemeral root file systems",
    remedy: 'modprobe overlay',
    required: false,
    missing: () => fileSystem('overlay'),
  },
  ...CONTROLLERS.map(
    (controller): Row => ({
      feature: `cgroup controller ${nameIn(controller, homeOf(cgroupSystem(), controller)?.version ?? 1)}`,
      purpose: controller.settings.map(({ option }) => `resources.${option}`).join(', '),
      remedy: 'see the kernel command line (cgroup_disable=, cgroup_enable=) and /proc/cgroups',
      required: false,
      missing: () => (homeOf(cgroupSystem(), controller) ? '' : 'no mounted hierarchy has it'),
    }),
  ),
  {
    feature: 'systemd scope',
    purpose: "containers in systemd's tree on pure cgroup v2, and limits for a plain user",
    remedy: 'run where systemd does, a plain user in a session of its own (loginctl enable-linger)',
    required: false,
    missing() {
      if (mountedCgroups().mode !== 'v2') return 'cgroups are not pure v2 here';
      return scopeMaker(process.geteuid?.() ?? 0) ? '' : 'no systemd to ask';
    },
  },
  {
    feature: 'swap accounting',
    purpose: 'resources.memorySwap',
    remedy: 'boot with swapaccount=1',
    required: false,
    missing() {
      const memory = hierarchyOf(cgroupSystem(), 'memory');
      if (!memory) return 'no memory controller';
      if (memory.version === 2)
        return has(`${memory.own}/memory.swap.max`) || memory.own === memory.mountPoint
          ? ''
          : 'the kernel does not count it';
      return has(`${memory.mountPoint}/memory.memsw.limit_in_bytes`) ? '' : 'the kernel does not count it';
    },
  },
  {
    feature: 'nft',
    purpose: 'networks and published ports of root',
    remedy: 'apt-get install nftables, or the package nftables of your distribution',
    required: false,
    missing: () => (findNft() ? '' : 'the program nft is not installed'),
  },
  {
    feature: 'CAP_SYS_RESOURCE',
    purpose: 'raising hard rlimits, lowering oom_score_adj',
    remedy: 'give it to this program; common in VMs and CI to lack it',
    required: false,
    missing: () => capability('SYS_RESOURCE'),
  },
];

/** Kernel calls that the addon tries harmlessly: key of its answer → what for, since which Linux. */
const CALLS: Readonly<Record<string, { purpose: string; since: string; required: boolean }>> = {
  openat2: { purpose: 'safe paths below a root', since: '5.6', required: true },
  clone3: { purpose: 'launching', since: '5.3', required: true },
  pidfd_open: { purpose: 'waiting and signalling without pid reuse', since: '5.3', required: true },
  close_range: { purpose: 'nothing inherited by accident', since: '5.9', required: true },
  open_tree: { purpose: 'bind mounts', since: '5.2', required: true },
  mount_setattr: { purpose: 'read-only paths and mount options', since: '5.12', required: true },
  fsopen: { purpose: 'masked directories, many overlay layers', since: '5.2', required: true },
  seccomp: { purpose: 'system call filters', since: '3.17', required: false },
  memfd_exec: {
    purpose: 'holding the launcher in a sealed memfd; without, it runs from its file',
    since: '3.17',
    required: false,
  },
  user_namespaces: { purpose: 'userNamespace', since: '3.8', required: false },
  landlock: { purpose: 'landlock', since: '5.13', required: false },
  idmapped_mounts: { purpose: "userNamespace: 'auto': files keep their owners", since: '5.12', required: false },
};

/** What can be had here. Changes nothing. @throws ERR_NATIVE_MISSING */
export function probe(): Probe {
  const answers = native().probe();
  const calls: (ProbeRow & { required: boolean })[] = Object.entries(answers).map(([feature, errno]) => {
    const row = CALLS[feature] ?? { purpose: '', since: '', required: false };
    return {
      feature,
      available: errno === 0,
      purpose: row.purpose,
      reason: errno === 0 ? '' : `${describeErrno(errno).code}: ${describeErrno(errno).text}`,
      remedy:
        errno === 0 || !row.since
          ? ''
          : `Linux ${row.since} or later has it; a seccomp filter of an outer container may refuse it`,
      required: row.required,
    };
  });
  const rows = ROWS.map(({ feature, purpose, remedy, required, missing }) => {
    const reason = missing();
    return { feature, available: reason === '', purpose, reason, remedy: reason === '' ? '' : remedy, required };
  });
  const all = [...rows, ...calls];
  return {
    usable: all.every(({ available, required }) => available || !required),
    kernel: readFileSync('/proc/sys/kernel/osrelease', 'utf8').trim(),
    cgroups: cgroupSystem().mode,
    features: all.map(({ required: _, ...row }) => row),
  };
}
