/** What keys do to a configuration. */
import { arch } from 'node:os';
import type { RlimitName } from 'cofferdam';
import { type Config, emptyConfig, HOOKS, type HookName } from './config.ts';
import { at, ValueError } from './errors.ts';
import type { Entry } from './include.ts';
import { idmap, integer, limits, seconds, words } from './values.ts';

/**
 * @param rest What stands for the `*` of the key's pattern.
 * @throws {ValueError}
 */
export type Key = (config: Config, value: string, entry: Entry, rest: string) => void;

/** The last one counts; without a value it is the default again. */
export const one =
  <Name extends keyof Config>(name: Name, parse: (text: string) => Config[Name]): Key =>
  (config, value) => {
    config[name] = value === '' ? emptyConfig()[name] : parse(value);
  };

type Lists = 'rootOptions' | 'autoMounts' | 'capDrop' | 'keptNamespaces' | 'clonedNamespaces' | 'startGroups';

/** Each adds its words; without a value those before are forgotten. */
export const several =
  (name: Lists, split: (text: string) => string[] = words): Key =>
  (config, value) => {
    config[name] = value === '' ? [] : [...config[name], ...split(value)];
  };

/** Accepted, and nothing here. The reason is for docs/cloner.md's readers. */
export const without =
  (_reason: string): Key =>
  () => {};

/** Accepted with a notice at every start, because somebody may count on it. */
export const noticed =
  (reason: string): Key =>
  (config, value, entry) => {
    if (value !== '') config.notes.push(at(entry, `${entry.key} has no effect here: ${reason}`));
  };

const ARCHITECTURES: Readonly<Record<string, readonly string[]>> = {
  x64: ['x86_64', 'amd64', 'linux64', 'x86', 'i386', 'i486', 'i586', 'i686', 'linux32'],
  arm64: ['aarch64', 'arm64', 'linux64', 'arm', 'armhf', 'armel', 'armv7l', 'linux32'],
};

export function architecture(_: Config, value: string): void {
  if (value !== '' && !ARCHITECTURES[arch()]?.includes(value))
    throw new ValueError(`'${value}' cannot run on this machine, which is ${arch()}`);
}

export function hostname(text: string): string {
  if (!/^[A-Za-z0-9_]([A-Za-z0-9_.-]{0,63})$/.test(text))
    throw new ValueError(`must be a host name of at most 64 letters, digits, '-', '.' and '_', got '${text}'`);
  return text;
}

export function environment(config: Config, value: string): void {
  if (value === '') config.environment.clear();
  const [name = '', ...rest] = value.split('=');
  const own = process.env[name];
  if (rest.length > 0) config.environment.set(name, rest.join('='));
  else if (own !== undefined && value !== '') config.environment.set(name, own);
}

export function mapIdentities(config: Config, value: string): void {
  if (value === '') [config.uidMap, config.gidMap] = [[], []];
  else {
    const { kind, mapping } = idmap(value);
    if (kind !== 'g') config.uidMap.push(mapping);
    if (kind !== 'u') config.gidMap.push(mapping);
  }
}

export function keep(config: Config, value: string): void {
  for (const name of words(value)) config.capKeep = name === 'none' ? [] : [...(config.capKeep ?? []), name];
  if (value === '') config.capKeep = undefined;
}

const RLIMITS: readonly string[] = [
  ...['as', 'core', 'cpu', 'data', 'fsize', 'locks', 'memlock', 'msgqueue', 'nice', 'nofile', 'nproc'],
  ...['rss', 'rtprio', 'rttime', 'sigpending', 'stack'],
];

export function prlimit(config: Config, value: string, _: Entry, name: string): void {
  if (!RLIMITS.includes(name)) throw new ValueError(`there is no limit '${name}'; there are ${RLIMITS.join(', ')}`);
  if (value === '') config.rlimits.delete(name as RlimitName);
  else config.rlimits.set(name as RlimitName, limits(value));
}

export function sysctl(config: Config, value: string, _: Entry, name: string): void {
  if (value === '') config.sysctl.delete(name);
  else config.sysctl.set(name, value);
}

export function proc(config: Config, value: string, _: Entry, name: string): void {
  if (name !== 'oom_score_adj') throw new ValueError('is not supported; of lxc.proc only oom_score_adj is');
  config.oomScoreAdj = value === '' ? undefined : integer(-1000, 1000)(value);
}

export const offset =
  (clock: 'monotonic' | 'boottime'): Key =>
  (config, value) => {
    config.timeOffsets[clock] = seconds(value || '0');
  };

export const cgroupValue =
  (version: 1 | 2): Key =>
  (config, value, { file, line }, name) => {
    if (value === '') config.cgroup = config.cgroup.filter((each) => each.version !== version || each.file !== name);
    else config.cgroup.push({ version, file: name, value, place: { file, line } });
  };

export function hook(config: Config, value: string, _: Entry, name: string): void {
  if (!HOOKS.includes(name as HookName))
    throw new ValueError(`there is no hook '${name}'; there are ${HOOKS.join(', ')}`);
  if (value === '') config.hooks.delete(name as HookName);
  else config.hooks.set(name as HookName, [...(config.hooks.get(name as HookName) ?? []), value]);
}
