/** Lines of fstab(5) as the library's mounts. */
import { join } from 'node:path';
import type { MountOption } from 'cofferdam';
import type { Config, MountEntry } from '../config/config.ts';
import { at, ConfigError } from '../config/errors.ts';
import type { Host } from './host.ts';

const TYPES: readonly string[] = ['tmpfs', 'proc', 'sysfs', 'devpts', 'mqueue', 'cgroup'];
const PROPAGATIONS: readonly string[] = [
  ...['private', 'rprivate', 'slave', 'rslave'],
  ...['shared', 'rshared', 'unbindable', 'runbindable'],
];
/** Words for LXC or for mount(8), which are no options of a mount. Mount points are always made when missing. */
const WORDS: readonly string[] = [
  ...['bind', 'rbind', 'optional', 'relative', 'create=dir', 'create=file'],
  ...['defaults', 'auto', 'noauto', 'nofail', '_netdev'],
];

/** What every container has there anyway; the kernel refuses the same mount twice. */
const THERE: Readonly<Record<string, string>> = {
  '/proc': 'proc',
  '/sys': 'sysfs',
  '/dev/pts': 'devpts',
  '/dev/mqueue': 'mqueue',
};

/** A target below the root file system's own path is meant in it. */
function targetOf({ target }: MountEntry, rootPaths: readonly string[]): string {
  const root = rootPaths.find((path) => target === path || target.startsWith(`${path}/`));
  return join('/', root === undefined ? target : target.slice(root.length));
}

/** What an optional mount may lack. In sysfs nothing can be made, and the host's has the same directories. */
const isThere = (type: MountOption['type'], source: string, target: string, host: Host): boolean =>
  (!type?.endsWith('bind') || host.exists(source)) && (!target.startsWith('/sys/') || host.exists(target));

function sourceOf(entry: MountEntry, { root }: Config): string {
  if (!entry.options.includes('relative')) return entry.source;
  if (root?.kind !== 'dir')
    throw new ConfigError([at(entry.place, 'lxc.mount.entry: relative needs a root file system that is a directory')]);
  return join(root.path, entry.source);
}

function mountOf(entry: MountEntry, config: Config, rootPaths: readonly string[], host: Host): MountOption | undefined {
  const { options, place } = entry;
  const optional = options.includes('optional');
  const type = options.includes('rbind') ? 'rbind' : options.includes('bind') ? 'bind' : entry.type;
  if (!TYPES.includes(type) && !type.endsWith('bind')) {
    if (optional) return undefined;
    const known = `none with bind or rbind, ${TYPES.join(', ')}`;
    throw new ConfigError([
      at(place, `lxc.mount.entry: file system type '${type}' is not supported; there are ${known}`),
    ]);
  }
  const target = targetOf(entry, rootPaths);
  const source = sourceOf(entry, config);
  const kind = type as NonNullable<MountOption['type']>;
  if (THERE[target] === kind) return undefined;
  if (optional && !isThere(kind, source, target, host)) return undefined;
  if (kind.endsWith('bind') && !host.exists(source))
    throw new ConfigError([
      at(place, `lxc.mount.entry: ${source} is not there; with the option 'optional' that would be no fault`),
    ]);
  return {
    type: kind,
    source,
    target,
    options: options.filter((word) => !WORDS.includes(word) && !PROPAGATIONS.includes(word) && !word.startsWith('x-')),
    propagation: options.find((word) => PROPAGATIONS.includes(word)) as MountOption['propagation'],
  };
}

/** @throws {ConfigError} for what cannot be mounted, with its line */
export function mountsOf(config: Config, host: Host): MountOption[] {
  const { root } = config;
  const rootPaths = root?.kind === 'dir' ? [root.path] : [];
  const writable: MountOption[] = config.autoMounts.includes('sys:rw')
    ? [{ type: 'sysfs', source: 'sysfs', target: '/sys', options: ['nosuid', 'nodev', 'noexec'] }]
    : [];
  return [
    ...writable,
    ...config.mounts.map((entry) => mountOf(entry, config, rootPaths, host)).filter((mount) => mount !== undefined),
  ];
}
