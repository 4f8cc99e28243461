/** What options come to: checked, absolute, every default filled in, frozen. What the other rooms work on. */
import type { SeccompProfile } from '../security/seccomp/types.ts';
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

export interface NormalizedInterface {
  readonly interface: string;
  /** With prefix length. */
  readonly address: string | undefined;
  readonly bridge: string | undefined;
  readonly gateway: string | undefined;
  readonly mtu: number | undefined;
}

export interface NormalizedUserNamespace {
  readonly uidMappings: readonly IDMapping[];
  readonly gidMappings: readonly IDMapping[];
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
  readonly seccomp: SeccompProfile | 'unconfined';
  readonly oomScoreAdj: number;
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
  readonly defaultMounts: boolean;
  readonly maskedPaths: readonly string[];
  readonly readonlyPaths: readonly string[];
  readonly sysctl: Readonly<Record<string, string>>;
  readonly resources: Readonly<ResourcesOption>;
  readonly cgroupParent: string | undefined;
  /** The interface of a network namespace of its own, or none. */
  readonly network: 'none' | NormalizedInterface;
  readonly init: boolean;
  readonly defaults: ProcessDefaults;
}

export interface NormalizedContainerOptions {
  readonly id: string;
  readonly signal: AbortSignal | undefined;
  readonly container: NormalizedContainer;
}
