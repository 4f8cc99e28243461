/** One mount's options. */
import { resolve } from 'node:path';
import {
  absolutePath,
  bare,
  boolean,
  type Check,
  fields,
  invalidType,
  invalidValue,
  list,
  member,
  nonEmpty,
  oneOf,
} from './check.ts';
import type { NormalizedMount } from './normalized.ts';

const TYPES = ['bind', 'rbind', 'tmpfs', 'proc', 'sysfs', 'devpts', 'mqueue', 'cgroup'] as const;
const PROPAGATIONS = [
  'private',
  'rprivate',
  'slave',
  'rslave',
  'shared',
  'rshared',
  'unbindable',
  'runbindable',
] as const;

const target: Check<string> = (value, option) => {
  const path = absolutePath(value, option);
  if (path === '/') throw invalidValue(option, 'must not be the root', value, 'give rootfs instead');
  return path;
};

const mountFields = fields({
  source: nonEmpty,
  target,
  type: oneOf(TYPES),
  options: list(nonEmpty),
  propagation: oneOf(PROPAGATIONS),
  readonly: boolean,
});

/**
 * A bind inside of /proc could forge the files that security settings are written to and read from (CVE-2019-16884).
 * These show numbers and nothing else, and tools such as lxcfs lay their own over them.
 */
const PROC_FILES = new Set(
  ['cpuinfo', 'diskstats', 'loadavg', 'meminfo', 'slabinfo', 'stat', 'swaps', 'uptime', 'net/dev'].map(
    (name) => `/proc/${name}`,
  ),
);

function checkProc(type: NormalizedMount['type'], path: string, option: string): void {
  if (path !== '/proc' && !path.startsWith('/proc/')) return;
  const allowed = path === '/proc' ? type === 'proc' : PROC_FILES.has(path);
  if (!allowed)
    throw invalidValue(option, 'must not be in /proc', path, `allowed there: ${[...PROC_FILES].join(', ')}`);
}

export const mount: Check<NormalizedMount> = (value, option) => {
  const given = mountFields(value, option);
  const at = (key: string) => member(option, key);
  if (given.target === undefined) throw invalidType(at('target'), 'an absolute path in the container', given.target);
  const type = given.type ?? (given.source === undefined ? undefined : 'bind');
  if (type === undefined)
    throw invalidType(
      at('type'),
      `one of ${TYPES.map((word) => `'${word}'`).join(', ')}`,
      type,
      'or give source, for a bind mount',
    );
  const binds = type === 'bind' || type === 'rbind';
  if (binds && given.source === undefined) throw invalidType(at('source'), 'a path on the host', given.source);
  checkProc(type, given.target, at('target'));
  // 'ro,nosuid' is how mount(8) writes two of them.
  const options = (given.options ?? []).flatMap((words) => words.split(',').filter((word) => word !== ''));
  if (given.readonly) options.push('ro');
  const source = given.source ?? type;
  return bare({
    type,
    source: binds ? resolve(source) : source,
    target: given.target,
    options: Object.freeze(options),
    propagation: given.propagation ?? 'private',
  });
};

export const mounts = list(mount);
