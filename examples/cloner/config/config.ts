/** What a configuration says, before anything of it is asked of this machine. */
import { constants } from 'node:os';
import type { IDMapping, RlimitName, RlimitValue } from 'cofferdam';
import type { Place } from './errors.ts';

/** `lxc.rootfs.path`. */
export type Root =
  | { readonly kind: 'dir'; readonly path: string }
  /** `lower` from the uppermost to the lowest. An upper of 'tmpfs' is a private one, gone with the container. */
  | { readonly kind: 'overlay'; readonly lower: readonly string[]; readonly upper: string };

/** A line of fstab(5). */
export interface MountEntry {
  readonly source: string;
  /** As it is written, which is most often without the first '/'. */
  readonly target: string;
  readonly type: string;
  readonly options: readonly string[];
  readonly place: Place;
}

export type NetType = 'none' | 'empty' | 'veth' | 'macvlan' | 'ipvlan' | 'vlan' | 'phys';

/** `lxc.net.N`. */
export interface Net {
  /** Required. */
  type?: NetType | undefined;
  link?: string | undefined;
  up: boolean;
  name?: string | undefined;
  /** With every 'x' as it is written. */
  hwaddr?: string | undefined;
  mtu?: number | undefined;
  ipv4: string[];
  ipv6: string[];
  gateway4?: string | undefined;
  gateway6?: string | undefined;
  /** `veth.pair`: the name of the end on the host. */
  pair?: string | undefined;
  /** `macvlan.mode`, `ipvlan.mode`, `veth.mode`. */
  mode?: string | undefined;
  vlan?: number | undefined;
  scriptUp: string[];
  scriptDown: string[];
}

/** A file of the container's cgroup, and what is written to it. */
export interface CgroupValue {
  readonly version: 1 | 2;
  /** 'memory.max'. */
  readonly file: string;
  readonly value: string;
  readonly place: Place;
}

export const HOOKS = [
  'pre-start',
  'pre-mount',
  'mount',
  'autodev',
  'start-host',
  'start',
  'stop',
  'post-stop',
  'clone',
  'destroy',
] as const;
export type HookName = (typeof HOOKS)[number];

/** By their numbers. */
export const LOG_LEVELS = ['TRACE', 'DEBUG', 'INFO', 'NOTICE', 'WARN', 'ERROR', 'CRIT', 'ALERT', 'FATAL'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface Config {
  hostname?: string | undefined;
  root?: Root | undefined;
  rootOptions: string[];
  mounts: MountEntry[];
  /** Words of `lxc.mount.auto`. */
  autoMounts: string[];
  nets: Map<number, Net>;
  cgroup: CgroupValue[];
  environment: Map<string, string>;
  initCommand: string[];
  executeCommand: string[];
  cwd?: string | undefined;
  uid: number;
  gid: number;
  groups: number[];
  capDrop: string[];
  /** Undefined: all that are not dropped. */
  capKeep?: string[] | undefined;
  noNewPrivileges: boolean;
  seccompProfile?: string | undefined;
  rlimits: Map<RlimitName, { soft: RlimitValue; hard: RlimitValue }>;
  sysctl: Map<string, string>;
  oomScoreAdj?: number | undefined;
  uidMap: IDMapping[];
  gidMap: IDMapping[];
  /** Namespaces of the host's. */
  keptNamespaces: string[];
  clonedNamespaces: string[];
  /** By the namespace: a pid, or a container's name or directory. */
  sharedNamespaces: Map<string, string>;
  /** Seconds. */
  timeOffsets: { monotonic?: number; boottime?: number };
  haltSignal: number;
  rebootSignal: number;
  stopSignal: number;
  ephemeral: boolean;
  autostart: boolean;
  /** Seconds. */
  startDelay: number;
  startOrder: number;
  startGroups: string[];
  /** Whether the hooks of this name are run; /dev is always made. */
  autodev: boolean;
  hooks: Map<HookName, string[]>;
  hookVersion: 0 | 1;
  /** What hooks are told of the log and the console, which are the library's. */
  logLevel: LogLevel;
  consolePath?: string | undefined;
  consoleLog?: string | undefined;
  /** By key, with its place: what cannot be done here, and without which the container would be another one. */
  refusals: Map<string, string>;
  /** What has no effect here though somebody may count on it, each with its place and why. */
  notes: string[];
}

/** LXC's defaults, lxc.container.conf(5). */
export const emptyConfig = (): Config => ({
  rootOptions: [],
  mounts: [],
  autoMounts: [],
  nets: new Map(),
  cgroup: [],
  environment: new Map(),
  initCommand: ['/sbin/init'],
  executeCommand: [],
  uid: 0,
  gid: 0,
  groups: [],
  capDrop: [],
  noNewPrivileges: false,
  rlimits: new Map(),
  sysctl: new Map(),
  uidMap: [],
  gidMap: [],
  keptNamespaces: [],
  clonedNamespaces: [],
  sharedNamespaces: new Map(),
  timeOffsets: {},
  haltSignal: constants.signals.SIGPWR,
  rebootSignal: constants.signals.SIGINT,
  stopSignal: constants.signals.SIGKILL,
  ephemeral: false,
  autostart: false,
  startDelay: 0,
  startOrder: 0,
  startGroups: [],
  autodev: true,
  hooks: new Map(),
  hookVersion: 0,
  logLevel: 'ERROR',
  refusals: new Map(),
  notes: [],
});
