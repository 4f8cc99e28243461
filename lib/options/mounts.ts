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
  near,
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

/** Attributes of a mount. A bind mount has no other options: the file system is mounted already. */
export const MOUNT_ATTRIBUTES: readonly string[] = [
  'defaults',
  ...['ro', 'rw', 'nosuid', 'suid', 'nodev', 'dev', 'noexec', 'exec'],
  ...['noatime', 'relatime', 'strictatime', 'nodiratime'],
  ...['rro', 'rnosuid', 'rnodev', 'rnoexec'],
];

type Given = ReturnType<typeof mountFields>;

/** Words of the OCI runtime specification's `options` that are fields here: what kind of bind, and its propagation. */
interface Words {
  bind: 'bind' | 'rbind' | undefined;
  propagation: (typeof PROPAGATIONS)[number] | undefined;
  /** All others. */
  rest: readonly string[];
}

const isBind = (word: string | undefined): word is 'bind' | 'rbind' => word === 'bind' || word === 'rbind';
const propagationOf = (word: string) => PROPAGATIONS.find((each) => each === word);

function wordsOf({ options = [] }: Given): Words {
  // 'ro,nosuid' is how mount(8) writes two of them.
  const words = options.flatMap((text) => text.split(',').filter((word) => word !== ''));
  return {
    bind: words.findLast(isBind),
    propagation: words.map(propagationOf).findLast((word) => word !== undefined),
    rest: words.filter((word) => !isBind(word) && !propagationOf(word)),
  };
}

/** `type: 'bind', options: ['rbind']` is how engines write it. */
function typeOf({ type, source }: Given, { bind }: Words, option: string): NormalizedMount['type'] {
  if (bind !== undefined && type !== undefined && !isBind(type))
    throw invalidValue(option, `must be 'bind' or 'rbind' with the option '${bind}'`, type, 'or leave it out');
  if (bind !== undefined) return bind;
  if (type !== undefined) return type;
  if (source !== undefined) return 'bind';
  const expected = `one of ${TYPES.map((word) => `'${word}'`).join(', ')}`;
  throw invalidType(option, expected, type, 'or give source, for a bind mount');
}

/** Kinds that could hold device nodes, and the option that makes them no more than files; see docs/security.md. */
const NO_DEVICES: Partial<Record<NormalizedMount['type'], string>> = { bind: 'nodev', rbind: 'rnodev', tmpfs: 'nodev' };
const DEVICE_OPTIONS = ['dev', 'nodev', 'rnodev'];

/** Who binds /dev, or something in it, wants devices. */
const wantsDevices = (source: string): boolean => source === '/dev' || source.startsWith('/dev/');

/** `nodev` is of one mount: who says that of a tree of them gets it for what is mounted below as well. */
function withoutDevices(type: NormalizedMount['type'], source: string, words: readonly string[]): readonly string[] {
  const word = NO_DEVICES[type];
  const said = words.findLast((each) => DEVICE_OPTIONS.includes(each));
  const wanted = said === undefined ? wantsDevices(source) : said === 'dev';
  return word === undefined || wanted || words.includes(word) ? words : [word, ...words];
}

function optionsOf(
  { rest: words }: Words,
  { readonly }: Given,
  type: NormalizedMount['type'],
  option: string,
): readonly string[] {
  const binds = isBind(type);
  const strange = binds ? words.find((word) => !MOUNT_ATTRIBUTES.includes(word)) : undefined;
  if (strange !== undefined)
    throw invalidValue(
      option,
      'has an option that a bind mount does not take',
      strange,
      near(strange, MOUNT_ATTRIBUTES),
    );
  return Object.freeze(readonly ? [...words, type === 'rbind' ? 'rro' : 'ro'] : words);
}

export const mount: Check<NormalizedMount> = (value, option) => {
  const given = mountFields(value, option);
  const at = (key: string) => member(option, key);
  const { target: path, source } = given;
  if (path === undefined) throw invalidType(at('target'), 'an absolute path in the container', path);
  const words = wordsOf(given);
  const type = typeOf(given, words, at('type'));
  const propagation = given.propagation ?? words.propagation ?? 'private';
  checkProc(type, path, at('target'));
  const binds = isBind(type);
  if (binds && source === undefined) throw invalidType(at('source'), 'a path on the host', source);
  const from = binds ? resolve(source ?? '') : (source ?? type);
  const options = Object.freeze(withoutDevices(type, binds ? from : '', optionsOf(words, given, type, at('options'))));
  return bare({ type, source: from, target: path, options, propagation });
};

export const mounts = list(mount);
