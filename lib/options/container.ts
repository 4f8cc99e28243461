/** What `createContainer()` takes. */
import {
  abortSignal,
  absolutePath,
  bare,
  boolean,
  type Check,
  type Checked,
  fields,
  integer,
  invalidType,
  invalidValue,
  list,
  map,
  string,
} from './check.ts';
import { DEFAULTS } from './defaults.ts';
import { DETACHED_FIELDS, normalizeDetached } from './detached.ts';
import { hooks, NO_HOOKS } from './hooks.ts';
import { Interned, ownMember } from './interned.ts';
import { hosts } from './links.ts';
import { mounts } from './mounts.ts';
import { hostname, id, randomId } from './names.ts';
import { isHolder, NAMESPACE_OPTIONS, namespaces } from './namespaces.ts';
import { network, publish, withPublished } from './network.ts';
import type { NormalizedContainer, NormalizedContainerOptions } from './normalized.ts';
import { PROCESS_FIELDS, processDefaults } from './process.ts';
import { resources } from './resources.ts';
import { rootfs } from './rootfs.ts';
import type { ContainerOptions, NamespaceName, NamespaceOption } from './types.ts';
import { containerUser } from './user.ts';
import { AUTO, userNamespace } from './user-namespace.ts';

/** Ten years either way: the kernel wants clocks that don't go below zero or overflow, time_namespaces(7). */
const MOST_SECONDS = 10 * 365 * 86400;
const seconds = integer({ least: -MOST_SECONDS, most: MOST_SECONDS, unit: 'seconds' });
const timeOffsetFields = fields({ monotonic: seconds, boottime: seconds });

const timeOffsets: Check<{ monotonic: number; boottime: number }> = (value, option) => {
  const { monotonic = 0, boottime = 0 } = timeOffsetFields(value, option);
  return bare({ monotonic, boottime });
};

/** Names of proc(5)'s files below /proc/sys, with dots for slashes; two in a row would climb nowhere, but are no name. */
function sysctlKey(key: string): void {
  if (key.length > 256 || !/^[a-z0-9_-]+(\.[a-z0-9_-]+)+$/.test(key))
    throw invalidValue('sysctl', "has a key that is not of the form 'net.ipv4.ip_forward'", key);
}

const sysctlValue: Check<string> = (value, option) => {
  if (typeof value === 'number') return String(integer({ least: Number.MIN_SAFE_INTEGER })(value, option));
  const text = string(value, option);
  if (/[\r\n]/.test(text) || text.length > 4000) throw invalidValue(option, 'must be one line', value);
  return text;
};

export const cgroupParent: Check<string> = (value, option) => {
  const path = absolutePath(value, option);
  if (path.split('/').some((name) => Buffer.byteLength(name) > 255) || /[\r\n]/.test(path))
    throw invalidValue(option, 'must be the path of a cgroup', value);
  return path;
};

const sandbox: Check<NonNullable<ContainerOptions['sandbox']>> = (value, option) => {
  const given = value as ContainerOptions['sandbox'] | null;
  if (typeof given !== 'object' || given === null || !isHolder(given) || !Array.isArray(given.namespaces))
    throw invalidType(option, 'a sandbox from createSandbox()', value);
  if (given.namespaces.length === 0) throw invalidValue(option, 'was removed', 'a sandbox without namespaces');
  return given;
};

const containerFields = fields({
  rootfs,
  readonly: boolean,
  id,
  hostname,
  domainname: hostname,
  namespaces,
  userNamespace,
  timeOffsets,
  mounts,
  hooks,
  defaultMounts: boolean,
  maskedPaths: list(absolutePath),
  readonlyPaths: list(absolutePath),
  sysctl: map(sysctlKey, sysctlValue),
  resources,
  cgroupParent,
  network,
  hosts,
  publish,
  sandbox,
  init: boolean,
  signal: abortSignal,
  ...DETACHED_FIELDS,
  ...PROCESS_FIELDS,
  user: containerUser,
});

type Given = Checked<typeof containerFields extends Check<Checked<infer S>> ? S : never>;
type Sources = Record<NamespaceName, NamespaceOption>;

/** What another option makes of a namespace that `namespaces` says nothing about. */
const IMPLIED: readonly [
  name: NamespaceName,
  because: keyof Given & string,
  source: (given: Given) => NamespaceOption | undefined,
][] = [
  ['user', 'userNamespace', ({ userNamespace }) => (userNamespace ? 'new' : undefined)],
  ['time', 'timeOffsets', ({ timeOffsets }) => (timeOffsets ? 'new' : undefined)],
  [
    'network',
    'network',
    ({ network }) => {
      if (network === undefined || network === 'none') return undefined;
      return network === 'host' ? 'host' : 'container' in network ? network : 'new';
    },
  ],
  ...NAMESPACE_OPTIONS.map((name): (typeof IMPLIED)[number] => [
    name,
    'sandbox',
    ({ sandbox }) => (sandbox?.namespaces.includes(name) ? sandbox : undefined),
  ]),
];

function namespaceSources(given: Given): Sources {
  const sources: Sources = { ...DEFAULTS.namespaces };
  const reasons = new Map<NamespaceName, string>();
  const set = (name: NamespaceName, source: NamespaceOption, reason: string) => {
    const earlier = reasons.get(name);
    if (earlier !== undefined && sources[name] !== source)
      throw invalidValue(
        reason,
        `contradicts ${earlier}: both say where the ${name} namespace comes from`,
        given[reason as keyof Given] ?? source,
        'give one of them',
      );
    sources[name] = source;
    reasons.set(name, reason);
  };
  for (const name of NAMESPACE_OPTIONS) {
    const source = given.namespaces?.[name];
    if (source !== undefined) set(name, source, `namespaces.${name}`);
  }
  for (const [name, reason, source] of IMPLIED) {
    const implied = source(given);
    if (implied !== undefined) set(name, implied, reason);
  }
  return bare(sources);
}

/** Options that act on a namespace, and so need it to be the container's own. */
const NEEDS: readonly [option: keyof Given & string, name: NamespaceName, needs: (given: Given) => boolean][] = [
  ['hostname', 'uts', ({ hostname }) => hostname !== undefined],
  ['domainname', 'uts', ({ domainname }) => domainname !== undefined],
  ['init', 'pid', ({ init }) => init === true],
  ['mounts', 'mount', ({ mounts }) => (mounts?.length ?? 0) > 0],
  ['hooks', 'mount', ({ hooks }) => hooks !== undefined],
  ['readonly', 'mount', ({ readonly }) => readonly === true],
  ['maskedPaths', 'mount', ({ maskedPaths }) => (maskedPaths?.length ?? 0) > 0],
  ['readonlyPaths', 'mount', ({ readonlyPaths }) => (readonlyPaths?.length ?? 0) > 0],
  ['defaultMounts', 'mount', ({ defaultMounts }) => defaultMounts === true],
  ['rootfs', 'mount', ({ rootfs }) => rootfs?.type === 'overlay'],
];

function checkNeeds(given: Given, sources: Sources): void {
  for (const [option, name, needs] of NEEDS)
    if (sources[name] !== 'new' && needs(given))
      throw invalidValue(
        option,
        `needs a ${name} namespace of the container's own`,
        given[option],
        `leave out namespaces.${name}`,
      );
  if (given.hooks && sources.user !== 'host')
    throw invalidValue(
      'hooks',
      'cannot be run in a user namespace, which has no way to the directory that is mounted',
      given.hooks,
      'leave out userNamespace, or mount with mounts',
    );
  if (sources.user === 'new' && !given.userNamespace)
    throw invalidValue(
      'namespaces.user',
      'needs the id mappings of the new namespace',
      'new',
      "give userNamespace, or 'auto'",
    );
}

/** `user: { map: 'auto' }` says what `userNamespace: 'auto'` does. */
function withUserMap(given: Given): Given {
  if (given.user?.map === undefined || given.userNamespace === AUTO) return given;
  if (given.userNamespace)
    throw invalidValue('user.map', 'contradicts userNamespace', given.user.map, 'give one of them');
  return { ...given, userNamespace: AUTO };
}

function normalize(options: unknown): NormalizedContainer {
  const written = withUserMap(containerFields(options, ''));
  const given = bare({ ...written, network: withPublished(written.network, written.publish) });
  if (given.rootfs === undefined)
    throw invalidType('rootfs', "a directory's path, an overlay's { lower } or 'host'", given.rootfs, 'it is required');
  const sources = namespaceSources(given);
  checkNeeds(given, sources);
  const ownMounts = sources.mount === 'new';
  return bare({
    rootfs: given.rootfs,
    readonly: given.readonly ?? false,
    hostname: given.hostname,
    domainname: given.domainname,
    namespaces: sources,
    userNamespace: given.userNamespace,
    timeOffsets: given.timeOffsets,
    mounts: given.mounts ?? Object.freeze([]),
    hooks: given.hooks ?? NO_HOOKS,
    defaultMounts: given.defaultMounts ?? ownMounts,
    maskedPaths: given.maskedPaths ?? (ownMounts ? DEFAULTS.maskedPaths : Object.freeze([])),
    readonlyPaths: given.readonlyPaths ?? (ownMounts ? DEFAULTS.readonlyPaths : Object.freeze([])),
    sysctl: given.sysctl ?? bare({}),
    resources: given.resources ?? bare({}),
    cgroupParent: given.cgroupParent ?? given.sandbox?.cgroupParent,
    network: Array.isArray(given.network) ? given.network : Object.freeze([]),
    hosts: given.hosts ?? bare({}),
    init: given.init ?? false,
    detached: normalizeDetached(given),
    defaults: processDefaults({ ...given, user: given.user?.user }),
  });
}

const known = new Interned<NormalizedContainer>(['id', 'name', 'signal']);

/** What is its id here is its name when it is detached; either word will do for both. */
function nameOf(options: unknown): string | undefined {
  const [given, named] = [ownMember(options, 'id'), ownMember(options, 'name')];
  const checked = given === undefined ? undefined : id(given, 'id');
  if (named === undefined) return checked;
  if (checked !== undefined && named !== checked)
    throw invalidValue('id', 'contradicts name, which is the same thing', given, 'give one of them');
  return id(named, 'name');
}

/**
 * The container's options, checked and complete.
 * @throws {TypeError|RangeError} naming the option, what it must be and what it is
 */
export function normalizeContainerOptions(options: unknown): NormalizedContainerOptions {
  const container = known.of(options, () => normalize(options));
  const name = nameOf(options);
  const signal = ownMember(options, 'signal');
  return {
    id: name ?? randomId(),
    signal: signal === undefined ? undefined : abortSignal(signal, 'signal'),
    container,
  };
}
