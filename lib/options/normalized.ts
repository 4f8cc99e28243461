/** What options come to: checked, absolute, every default filled in, frozen. What the other rooms work on. */
import type { ProcessSeccomp } from '../security/seccomp/types.ts';
import type {
  IDMapping,
  MountOption,
  NamespaceName,
  NamespaceOption,
  ResourcesOption,
  RunOptions,
  StdioOption,
} from './types.ts';

export type NormalizedRootfs =
  | { readonly type: 'directory'; readonly path: string }
  | {
      readonly type: 'overlay';
      /** Absolute, the uppermost first. */
      readonly lower: readonly string[];
      /** Undefined: a private tmpfs. */
      readonly upper: string | undefined;
      readonly work: string | undefined;
      /** Of the tmpfs, bytes. */
      readonly size: number | undefined;
    }
  | { readonly type: 'host'; readonly size: number | undefined };

export interface NormalizedMount {
  readonly type: NonNullable<MountOption['type']>;
  /** bind and rbind: an absolute host path. */
  readonly source: string;
  /** Absolute, in the container. */
  readonly target: string;
  /** One option each. */
  readonly options: readonly string[];
  readonly propagation: NonNullable<MountOption['propagation']>;
}

export interface NormalizedHook {
  /** Absolute, on the host. */
  readonly path: string;
  readonly args: readonly string[];
  /** KEY=value each. */
  readonly env: readonly string[];
  /** Milliseconds. */
  readonly timeout: number;
}

export interface NormalizedHooks {
  readonly preMount: readonly NormalizedHook[];
  readonly createContainer: readonly NormalizedHook[];
}

export interface NormalizedInterface {
  readonly interface: string;
  readonly hostInterface: string | undefined;
  /** With prefix length, but for what a network's may leave out. */
  readonly address: string | undefined;
  /** Further ones, with prefix length. */
  readonly addresses: readonly string[];
  readonly bridge: string | undefined;
  readonly gateway: string | undefined;
  readonly mtu: number | undefined;
  /** Six bytes, one a character. */
  readonly mac: string | undefined;
  readonly routes: readonly NormalizedRoute[];
  readonly publish: readonly NormalizedPort[];
  readonly link: NormalizedLink;
  /** Undefined: not shaped. */
  readonly shape: NormalizedShape | undefined;
  /** Undefined: as the network says. */
  readonly dns: NormalizedDNS | undefined;
  readonly aliases: readonly string[];
}

/** What kind of interface it is. */
export type NormalizedLink =
  | { readonly type: 'veth' }
  | { readonly type: 'macvlan'; readonly parent: string; readonly mode: 'bridge' | 'private' | 'vepa' | 'passthru' }
  | {
      readonly type: 'vxlan';
      readonly vni: number;
      readonly local: string;
      readonly peers: readonly string[];
      readonly port: number;
    }
  | { readonly type: 'move'; readonly device: string }
  | UserModeLink;

/** A program of the host's turns what goes through it into sockets, see network/user-mode.ts. */
export interface UserModeLink {
  readonly type: 'pasta' | 'slirp4netns';
  /** The host's own loopback can be reached through it. */
  readonly hostLoopback: boolean;
}

export interface NormalizedShape {
  /** Bytes a second; undefined: unlimited. */
  readonly receive: number | undefined;
  readonly send: number | undefined;
  /** Milliseconds. */
  readonly delay: number | undefined;
  /** Of 1. */
  readonly loss: number | undefined;
}

export interface NormalizedDNS {
  /** Undefined: the network's own. */
  readonly servers: readonly string[] | undefined;
  readonly search: readonly string[];
  readonly options: readonly string[];
}

export interface NormalizedRoute {
  readonly destination: string;
  readonly gateway: string | undefined;
}

export interface NormalizedPort {
  /** 0: any that is free. */
  readonly host: number;
  readonly container: number;
  readonly protocol: 'tcp' | 'udp';
  /** Undefined: all. */
  readonly address: string | undefined;
}

/** Ranges of ids of which each launch takes one: the first of `count` begins at `uid` and `gid`. */
export interface IDRanges {
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly count: number;
}

export interface NormalizedUserNamespace {
  readonly uidMappings: readonly IDMapping[];
  readonly gidMappings: readonly IDMapping[];
  /** A range for each launch, in place of the mappings or beside them; 'auto' until lib/launch/for-this-user.ts knows which. */
  readonly ranges: IDRanges | 'auto' | undefined;
  /** Who may write the maps: root, the user itself for one id, or newuidmap(1) and newgidmap(1). */
  readonly writer: 'root' | 'self' | 'programs';
  /** Files keep their owners. */
  readonly idmap: boolean;
}

/** Each a decimal number or a name; '' and [] leave the choice to the container's /etc/passwd and /etc/group. */
export interface NormalizedUser {
  readonly user: string;
  readonly group: string;
  readonly groups: readonly string[];
}

/** Masks of capabilities(7) as asked for; lib/security fits them to what there is. */
export interface NormalizedCapabilities {
  readonly bounding: bigint;
  readonly effective: bigint;
  readonly permitted: bigint;
  readonly inheritable: bigint;
  readonly ambient: bigint;
  /** Asked for by name: to lack one of these is an error. */
  readonly required: bigint;
}

/** What remains of each kind; undefined: not restricted. */
export interface NormalizedLandlock {
  readonly read: readonly string[] | undefined;
  readonly write: readonly string[] | undefined;
  readonly execute: readonly string[] | undefined;
  readonly connect: readonly number[] | undefined;
  readonly bind: readonly number[] | undefined;
  readonly scoped: boolean;
}

export interface NormalizedRlimit {
  /** Number of getrlimit(2). */
  readonly resource: number;
  /** -1 is RLIM_INFINITY. */
  readonly soft: number;
  readonly hard: number;
}

export interface TerminalSize {
  readonly rows: number;
  readonly columns: number;
}

/** What a container's processes have in common: the process options of `createContainer()`. */
export interface ProcessDefaults {
  /** As given, without prototype. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly user: NormalizedUser;
  readonly umask: number;
  readonly rlimits: readonly NormalizedRlimit[];
  readonly capabilities: NormalizedCapabilities;
  readonly noNewPrivileges: boolean;
  readonly seccomp: ProcessSeccomp | 'unconfined';
  readonly oomScoreAdj: number;
  readonly landlock: NormalizedLandlock | undefined;
  readonly apparmor: string | undefined;
  readonly selinux: string | undefined;
}

/** All about a process but for its command, ready to be compiled. Processes with equal options have the same one. */
export interface NormalizedProcess extends Omit<ProcessDefaults, 'env'> {
  /** KEY=value each; exactly 'HOME=' where the user's home directory is to be filled in. */
  readonly env: readonly string[];
  /** `env` has such an entry. */
  readonly home: boolean;
  /** Where the command is looked for: the PATH of `env`. */
  readonly path: string;
  readonly tty: TerminalSize | undefined;
}

export interface NormalizedCommand {
  readonly argv: readonly string[];
  readonly process: NormalizedProcess;
  readonly signal: AbortSignal | undefined;
}

export interface StartSettings {
  readonly process: NormalizedProcess;
  readonly stdio: readonly [StdioOption, StdioOption, StdioOption];
}

export interface NormalizedStart extends StartSettings, NormalizedCommand {}

export interface RunSettings {
  readonly process: NormalizedProcess;
  /** Milliseconds, 0 is never. */
  readonly timeout: number;
  readonly maxBuffer: number;
  readonly encoding: BufferEncoding | 'buffer';
}

export interface NormalizedRun extends RunSettings, NormalizedCommand {
  readonly input: RunOptions['input'];
}

/** Policy is one of RESTART of the contract; at most so often, 0 is without end. */
export interface NormalizedRestart {
  readonly policy: number;
  readonly most: number;
}

/** A log's file is at most so many bytes, and there are at most so many files. */
export interface NormalizedLogs {
  readonly size: number;
  readonly files: number;
}

/** What the monitor of a detached container is told. */
export interface NormalizedDetached {
  readonly restart: NormalizedRestart;
  /** Undefined: output goes nowhere. */
  readonly logs: NormalizedLogs | undefined;
  readonly ephemeral: boolean;
  readonly reboot: boolean;
  readonly removes: readonly string[];
}

/** All about a container but for its name. Containers with equal options have the same one. */
export interface NormalizedContainer {
  readonly rootfs: NormalizedRootfs;
  readonly readonly: boolean;
  /** Undefined: the id, where the uts namespace is the container's own. */
  readonly hostname: string | undefined;
  readonly domainname: string | undefined;
  /** Each as given, or its default; what `network`, `userNamespace`, `timeOffsets` and `sandbox` imply is filled in. */
  readonly namespaces: Readonly<Record<NamespaceName, NamespaceOption>>;
  readonly userNamespace: NormalizedUserNamespace | undefined;
  readonly timeOffsets: { readonly monotonic: number; readonly boottime: number } | undefined;
  readonly mounts: readonly NormalizedMount[];
  readonly hooks: NormalizedHooks;
  readonly defaultMounts: boolean;
  readonly maskedPaths: readonly string[];
  readonly readonlyPaths: readonly string[];
  readonly sysctl: Readonly<Record<string, string>>;
  readonly resources: Readonly<ResourcesOption>;
  readonly cgroupParent: string | undefined;
  /** The interfaces of a network namespace of its own. */
  readonly network: readonly NormalizedInterface[];
  /** Further lines of /etc/hosts: name → address. */
  readonly hosts: Readonly<Record<string, string>>;
  readonly init: boolean;
  /** Undefined: it ends with its program. */
  readonly detached: NormalizedDetached | undefined;
  readonly defaults: ProcessDefaults;
}

export interface NormalizedContainerOptions {
  readonly id: string;
  readonly signal: AbortSignal | undefined;
  readonly container: NormalizedContainer;
}
