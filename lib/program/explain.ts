/** Operations in words: what `plan()`, `--explain`, traces and error messages say. */
import {
  AT,
  CAPABILITIES,
  CLONE,
  type FlagTable,
  MNT,
  MOUNT_ATTR,
  MS,
  O,
  OPEN_TREE,
  PR,
  RESOLVE,
  RLIMIT,
  S_IF,
} from './constants.ts';
import type { Actor, OperationArguments, OperationName } from './contract.ts';
import { HOW, RESTART } from './contract.ts';
import type { Operation } from './operation.ts';
import type { SlotTable } from './slots.ts';

/** One line of `plan()`. */
export interface PlanEntry {
  index: number;
  actor: Actor;
  operation: OperationName;
  text: string;
}

type Integer = number | bigint | undefined;
type Names = Pick<SlotTable, 'label' | 'path'> | undefined;
type Explain<N extends OperationName> = (args: OperationArguments[N], names: Names) => string;

const LONGEST_VALUE = 120;

const quote = (text = ''): string => `'${text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}…` : text}'`;

/** Names of the bits that are set, and what is left of the value in hexadecimal. */
export function flagNames(table: FlagTable, value: Integer, decorate = (name: string) => name): string[] {
  let rest = BigInt.asUintN(64, BigInt(value ?? 0));
  const names: string[] = [];
  for (const [name, flag] of Object.entries(table)) {
    const bits = BigInt(flag);
    if (bits === 0n || (rest & bits) !== bits) continue;
    names.push(decorate(name));
    rest &= ~bits;
  }
  if (rest !== 0n) names.push(`0x${rest.toString(16)}`);
  return names;
}

/** Where mount(8) has another word than the kernel's. */
const MOUNT_WORDS: Readonly<Record<string, string>> = { RDONLY: 'ro', SYNCHRONOUS: 'sync', REC: 'recursive' };
const mountWords = (table: FlagTable) => (value: Integer) =>
  flagNames(table, value, (name) => MOUNT_WORDS[name] ?? name.toLowerCase()).join(',');
const prefixed = (prefix: string, table: FlagTable) => (value: Integer) =>
  flagNames(table, value, (name) => prefix + name).join('|');

const mountFlags = mountWords(MS);
const attributes = mountWords(MOUNT_ATTR);
const cloneFlags = prefixed('CLONE_', CLONE);
const openFlags = prefixed('O_', O);
const resolveFlags = prefixed('RESOLVE_', RESOLVE);
const umountFlags = prefixed('MNT_', MNT);

/** Names of a mask of capabilities(7). */
export function capabilityNames(mask: Integer): string {
  const bits = BigInt.asUintN(64, BigInt(mask ?? 0));
  const names = CAPABILITIES.filter((_, i) => bits & (1n << BigInt(i)));
  const all = bits & ((1n << BigInt(CAPABILITIES.length)) - 1n);
  if (all !== 0n && names.length === CAPABILITIES.length) return 'all';
  return names.join(',') || 'none';
}

const octal = (mode: Integer): string => `0${Number(mode ?? 0).toString(8)}`;
const slot = (number: number | undefined, names: Names): string =>
  number === undefined || number < 0 ? 'none' : (names?.label(number) ?? `slot ${number}`);

/** Where a descriptor is kept. */
const into = (number: number | undefined, names: Names): string | false =>
  number !== undefined && number >= 0 && `as ${slot(number, names)}`;

/** A path argument as people know it: below a slot whose own place is known, joined to that. */
export function placeOf(dir: number | undefined, path: string | undefined, names: Names): string {
  const below = path ?? '';
  if (dir === undefined || dir < 0) return below;
  const base = names?.path(dir) ?? `<${slot(dir, names)}>`;
  if (below === '' || below === '/') return base;
  return `${base === '/' ? '' : base}/${below.replace(/^\/+/, '')}`;
}

const oneLine = (text = ''): string => text.trimEnd().replaceAll('\n', '; ');

/** Bytes as text where they are text. */
function content(data: Uint8Array | string = ''): string {
  const text = typeof data === 'string' ? data : Buffer.from(data).toString('utf8');
  return /^[\x20-\x7e\n\t]*$/.test(text) ? quote(oneLine(text)) : `${data.length} bytes`;
}

function ip(given: Uint8Array | string | undefined): string {
  if (!given?.length) return 'default';
  const address = typeof given === 'string' ? Buffer.from(given, 'latin1') : given;
  if (address.length !== 4 && address.length !== 16) return given as string;
  if (address.length === 4) return address.join('.');
  const groups = Array.from({ length: 8 }, (_, i) =>
    (((address[2 * i] ?? 0) << 8) | (address[2 * i + 1] ?? 0)).toString(16),
  );
  // The longest run of zeros once as '::'.
  return groups.join(':').replace(/(^|:)0(:0)+(:|$)/, '::');
}

const note = (...parts: (string | false | undefined)[]): string => {
  const said = parts.filter(Boolean);
  return said.length ? ` (${said.join(', ')})` : '';
};
const limit = (value: Integer): string =>
  BigInt.asUintN(64, BigInt(value ?? 0)) === 2n ** 64n - 1n ? 'unlimited' : `${value ?? 0}`;
const nameOf = (table: FlagTable, value: Integer, prefix: string): string => {
  const found = Object.entries(table).find(([, number]) => number === Number(value ?? 0));
  return found ? prefix + found[0].toUpperCase() : `${value ?? 0}`;
};
const how = (value: Integer): (string | false)[] => [
  Boolean(Number(value ?? 0) & HOW.create) && 'made when missing',
  Boolean(Number(value ?? 0) & HOW.nofollow) && 'not a link',
];
const propagation = (value: Integer): string | false => Boolean(value) && mountFlags(value);

const restartText = (policy: Integer, most: Integer): string | false =>
  Number(policy ?? 0) !== RESTART.no &&
  `restart ${Number(policy) === RESTART.always ? 'always' : 'on failure'}${Number(most ?? 0) > 0 ? `, at most ${most}` : ''}`;

const EXPLAIN: { readonly [N in OperationName]: Explain<N> } = {
  open: (a, n) =>
    `open ${quote(placeOf(a.dir, a.path, n))}${note(openFlags(a.flags), resolveFlags(a.resolve), into(a.into, n))}`,
  close: (a, n) => `close ${slot(a.descriptor, n)}`,
  mkdir: (a, n) =>
    `mkdir ${quote(placeOf(a.dir, a.path, n))}${note(octal(a.mode), Boolean(a.parents) && 'with parents')}`,
  mknod: (a, n) => {
    const device = Number(a.device ?? 0);
    const kind = (Number(a.mode ?? 0) & 0o170000) === S_IF.BLK ? 'b' : 'c';
    return `mknod ${quote(placeOf(a.dir, a.path, n))}${note(`${kind} ${(device >> 8) & 0xfff}:${device & 0xff}`, octal(Number(a.mode ?? 0) & 0o7777))}`;
  },
  symlink: (a, n) => `symlink ${quote(a.target)} -> ${quote(placeOf(a.dir, a.path, n))}`,
  write: (a, n) => `write ${content(a.data)} -> ${quote(placeOf(a.dir, a.path, n))}`,
  chown: (a, n) => `chown ${quote(placeOf(a.dir, a.path, n))} to ${a.uid ?? 0}:${a.gid ?? 0}`,
  unlink: (a, n) => `unlink ${quote(placeOf(a.dir, a.path, n))}`,
  lock: (a) => `lock ${quote(a.path)}`,
  hold: (a) => `hold ${quote(a.path)} for ${quote(a.holder)}`,
  guard: (a) => `unless ${quote(a.path)} is held by ${quote(a.holder)}, skip ${a.skip ?? 0}`,
  removeDirectory: (a) => `rmdir ${quote(a.path)}${note(Boolean(a.skip) && `while in use, skip ${a.skip}`)}`,
  rename: (a) => `rename ${quote(a.from)} -> ${quote(a.to)}`,
  removeTree: (a) => `remove the tree ${quote(a.path)}`,
  cgroupCreate: (a) => `create cgroup ${quote(a.path)}`,
  cgroupKill: (a) => `kill all processes in cgroup ${quote(a.path)}`,
  cgroupRemove: (a) => `remove cgroup ${quote(a.path)}`,
  cgroupDevices: (a) => `devices of cgroup ${quote(a.path)}: ${a.rules ?? ''}`,
  mount: (a, n) =>
    a.type || a.source
      ? `mount ${quote(a.source || a.type)} -> ${quote(placeOf(a.dir, a.target, n))}` +
        note(a.type && `type ${a.type}`, mountFlags(a.flags), a.data && quote(a.data), ...how(a.how))
      : `mount ${quote(placeOf(a.dir, a.target, n))}${note(mountFlags(a.flags))}`,
  openTree: (a, n) =>
    `open_tree ${quote(placeOf(a.dir, a.path, n))}` +
    note(
      Boolean(Number(a.flags ?? 0) & OPEN_TREE.CLONE) && 'clone',
      Boolean(Number(a.flags ?? 0) & AT.RECURSIVE) && 'recursive',
      into(a.into, n),
    ),
  moveMount: (a, n) => `mount ${slot(a.from, n)} -> ${quote(placeOf(a.dir, a.target, n))}${note(...how(a.how))}`,
  mountSetattr: (a, n) =>
    `mount_setattr ${quote(placeOf(a.dir, a.path, n))}` +
    note(
      attributes(a.set),
      Boolean(a.clear) && `without ${attributes(a.clear)}`,
      propagation(a.propagation),
      Boolean(Number(a.flags ?? 0) & AT.RECURSIVE) && 'recursive',
    ),
  newMount: (a, n) =>
    `new ${a.type ?? ''} file system${note(a.options?.join(','), attributes(a.attributes), into(a.into, n))}`,
  pivotRoot: (a, n) => `pivot_root to ${slot(a.root, n)}`,
  umount: (a, n) => `umount ${quote(placeOf(a.dir, a.path, n))}${note(umountFlags(a.flags))}`,
  chroot: (a, n) => `chroot to ${slot(a.root, n)}`,
  mask: (a, n) => `mask ${quote(placeOf(a.dir, a.path, n))}`,
  readonlyPath: (a, n) => `make ${quote(placeOf(a.dir, a.path, n))} read-only`,
  unshare: (a) => `unshare ${cloneFlags(a.flags)}`,
  setns: (a, n) => `setns to ${slot(a.descriptor, n)}${note(cloneFlags(a.flags))}`,
  clone: (a) => `clone${note(a.filtered ? 'filtered' : cloneFlags(a.flags))}`,
  idMaps: (a) =>
    `map ids${note(a.uid ? `uid ${oneLine(a.uid)}` : 'the leased range', Boolean(a.gid) && `gid ${oneLine(a.gid)}`, Boolean(a.denySetgroups) && 'setgroups denied')}`,
  signal: (a) => `tell the other side: point ${a.number ?? 0}`,
  await: (a) => `wait for the other side: point ${a.number ?? 0}`,
  openNamespace: (a, n) => `open the child's ${a.name ?? ''} namespace as ${slot(a.into, n)}`,
  rendezvous: (a) => `report state ${a.state ?? 0}, wait for what comes next`,
  idmap: (a, n) =>
    `map the owners of files${note(a.uid ? `uid ${oneLine(a.uid)}` : 'the leased range', into(a.into, n))}`,
  idmapMount: (a, n) => `idmap ${slot(a.mount, n)}`,
  probeXattr: (a) => `try extended attributes on ${quote(a.path)}`,
  leaseIds: (a) =>
    `lease one of ${a.count ?? 0} ranges of ${a.size ?? 0} ids from uid ${a.uid ?? 0}, gid ${a.gid ?? 0} on`,
  releaseIds: (a) => `give back the ids of ${quote(a.owner)}`,
  chownLeased: (a, n) => `chown ${quote(placeOf(a.dir, a.path, n))} to the container's root`,
  idMapProgram: (a) => `run ${quote(a.file)}${note(a.ranges?.map((word) => word || 'leased').join(' '))}`,
  openProc: (a, n) => `open ${quote(a.path)} of procfs${note(openFlags(a.flags), into(a.into, n))}`,
  fchdir: (a, n) => `chdir to ${slot(a.directory, n)}`,
  send: (a, n) => `send ${slot(a.descriptor, n)} to the parent`,
  receive: (a, n) => `receive ${a.count ?? 0} descriptors from ${slot(a.into, n)} on`,
  sethostname: (a) => `sethostname ${quote(a.name)}`,
  setdomainname: (a) => `setdomainname ${quote(a.name)}`,
  setrlimit: (a) => `setrlimit ${nameOf(RLIMIT, a.resource, 'RLIMIT_')} ${limit(a.soft)}:${limit(a.hard)}`,
  umask: (a) => `umask ${octal(a.mask)}`,
  prctl: (a) => `prctl ${nameOf(PR, a.option, 'PR_')} ${a.arg2 ?? 0}`,
  identity: (a) => {
    const groups = a.groups?.length ? `groups ${a.groups.join(',')}` : false;
    return `become user ${quote(a.group ? `${a.user}:${a.group}` : a.user)}${note(groups)}`;
  },
  capset: (a) => {
    const [effective, permitted] = [capabilityNames(a.effective), capabilityNames(a.permitted)];
    const both =
      effective === permitted
        ? `effective and permitted ${effective}`
        : `effective ${effective}; permitted ${permitted}`;
    return `capset ${both}; inheritable ${capabilityNames(a.inheritable)}`;
  },
  capBounding: (a) => `bounding set ${capabilityNames(a.keep)}`,
  capAmbient: (a) => `ambient set ${capabilityNames(a.mask)}`,
  seccomp: (a) => `seccomp filter of ${(a.filter?.length ?? 0) / 8} instructions`,
  joinSessionKeyring: (a) => `new session keyring${a.name ? ` ${quote(a.name)}` : ''}`,
  setsid: (a, n) =>
    `setsid${note(a.terminal !== undefined && a.terminal >= 0 && `controlling terminal ${slot(a.terminal, n)}`)}`,
  terminal: (a, n) =>
    `open a pty in ${quote(placeOf(a.dir, 'dev/pts', n))}${note(`${a.rows ?? 0} rows`, `${a.columns ?? 0} columns`)}`,
  stdio: (a, n) => `standard streams from ${slot(a.stdin, n)}, ${slot(a.stdout, n)}, ${slot(a.stderr, n)}`,
  preserve: (a, n) => `keep ${slot(a.descriptor, n)} open as descriptor ${a.number ?? 0}`,
  chdir: (a) => `chdir ${quote(a.path)}${note(Boolean(a.create) && 'made when missing')}`,
  init: () => 'fork; PID 1 reaps and forwards signals',
  landlock: (a) =>
    `landlock${note(`${a.paths?.length ?? 0} paths`, Boolean(a.ports?.length) && `${a.ports?.length} ports`, Boolean(a.scoped) && 'scoped')}`,
  exec: (a) => `exec ${quote(a.argv?.length ? [a.file, ...a.argv.slice(1)].join(' ') : a.file)}`,
  netlinkRequest: (a, n) =>
    `send to rtnetlink${note(a.about, a.link && `of ${quote(a.link)}`, a.other && `on ${quote(a.other)}`, (a.namespace ?? -1) >= 0 && `in ${slot(a.namespace, n)}`)}`,
  linkReturn: (a) =>
    `move interface ${quote(a.device)} back from the network namespace ${quote(a.namespace)} as ${quote(a.name)}`,
  netlinkOpen: (a, n) => `open an rtnetlink socket as ${slot(a.into, n)}`,
  vethCreate: (a, n) =>
    `veth ${quote(a.name)} <-> ${quote(a.peer)} in ${slot(a.namespace, n)}` +
    note(a.master && `bridge ${a.master}`, Boolean(a.mtu) && `mtu ${a.mtu}`),
  linkSetUp: (a) => `link ${quote(a.name)} up`,
  addressAdd: (a) => `address ${ip(a.address)}/${a.prefix ?? 0} on ${quote(a.name)}`,
  routeAdd: (a) =>
    `route ${ip(a.destination)}${a.destination?.length ? `/${a.prefix ?? 0}` : ''}${a.gateway?.length ? ` via ${ip(a.gateway)}` : ''} on ${quote(a.name)}`,
  netlinkHold: (a, n) => `keep requests on ${slot(a.socket, n)}`,
  netlinkFlush: (a, n) => `send them all on ${slot(a.socket, n)}`,
  bridgeCreate: (a) => `bridge ${quote(a.name)}${note(Boolean(a.mtu) && `mtu ${a.mtu}`)}`,
  bridgePortHairpin: (a) => `let the bridge send back through ${quote(a.name)}`,
  portCheck: (a) =>
    `check that port ${a.port ?? ''}/${Number(a.protocol) === 17 ? 'udp' : 'tcp'} of ${ip(a.address)} is free`,
  hook: (a) => `run hook ${quote(a.argv?.join(' '))}`,
  run: (a) => `run ${quote(a.command)} with ${content(a.input)}`,
  attend: (a) => `run ${quote(a.argv?.map((word) => word || 'PID').join(' '))} beside the container`,
  linkDelete: (a) => `delete link ${quote(a.name)}`,
  copyTree: (a) => `copy tree ${quote(a.from)} -> ${quote(a.to)}`,
  monitor: (a) =>
    `monitor in ${quote(a.directory)}` +
    note(restartText(a.restart, a.most), Boolean(a.kill) && 'kills what is left', Boolean(a.ephemeral) && 'ephemeral'),
  log: (a) => `log to ${quote(a.path)}${note(`${a.size ?? 0} bytes`, `${a.files ?? 0} files`)}`,
  usage: (a) => `keep ${quote(a.file)} at the end`,
};

/** An operation in one line, such as `mount 'overlay' -> '/' (type overlay, nosuid,nodev)`. */
export function explain(operation: Operation, names?: Pick<SlotTable, 'label' | 'path'>): string {
  return (EXPLAIN[operation.name] as (args: unknown, names: Names) => string)(operation.args, names);
}

/** A launch program line by line. */
export function plan(operations: readonly Operation[], names?: Pick<SlotTable, 'label' | 'path'>): PlanEntry[] {
  return operations.map((operation, index) => ({
    index,
    actor: operation.actor,
    operation: operation.name,
    text: explain(operation, names),
  }));
}
