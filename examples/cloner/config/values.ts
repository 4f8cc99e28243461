/** Texts of values, each into what it means; what cannot be is a ValueError that says what would be right. */
import { constants } from 'node:os';
import type { IDMapping, RlimitValue } from 'cofferdam';
import { LOG_LEVELS, type LogLevel, type MountEntry, type Root } from './config.ts';
import { type Place, ValueError } from './errors.ts';

export const words = (text: string): string[] => text.split(/\s+/).filter((word) => word !== '');

export function zeroOrOne(text: string): boolean {
  if (text !== '0' && text !== '1') throw new ValueError(`must be 0 or 1, got '${text}'`);
  return text === '1';
}

/** A whole number within bounds. */
export const integer =
  (least: number, most: number) =>
  (text: string): number => {
    const number = /^-?\d+$/.test(text) ? Number(text) : Number.NaN;
    if (!(number >= least && number <= most))
      throw new ValueError(`must be a whole number from ${least} to ${most}, got '${text}'`);
    return number;
  };

export const count = integer(0, 2 ** 31 - 1);
export const identity = integer(0, 2 ** 32 - 2);

export function absolute(text: string): string {
  if (!text.startsWith('/')) throw new ValueError(`must be an absolute path, got '${text}'`);
  return text;
}

/** A command line as a person writes it: blanks between words, quotes around blanks. */
export function commandWords(text: string): string[] {
  const found = [...text.matchAll(/(?:[^\s"']+|"([^"]*)"|'([^']*)')+/g)].map(([whole]) =>
    whole.replace(/"([^"]*)"|'([^']*)'/g, (_, double, single) => double ?? single),
  );
  if (found.length === 0) throw new ValueError('must be a command');
  if ((text.match(/"/g)?.length ?? 0) % 2 || (text.match(/'/g)?.length ?? 0) % 2)
    throw new ValueError(`has a quote that is not closed: ${text}`);
  return found;
}

/** glibc's; the kernel's first two real-time signals are its own. */
const RTMIN = 34;
const RTMAX = 64;

/** A number, or a name. */
export function logLevel(text: string): LogLevel {
  const level = /^\d+$/.test(text) ? LOG_LEVELS[Number(text)] : LOG_LEVELS.find((name) => name === text.toUpperCase());
  if (!level) throw new ValueError(`'${text}' is no log level; give one of ${LOG_LEVELS.join(', ')}, or 0 to 8`);
  return level;
}

/** As kill(1) takes it: 'SIGPWR', 'PWR', 'SIGRTMIN+14', '30'. */
export function signal(text: string): number {
  const name = text.toUpperCase().replace(/^(SIG)?/, 'SIG');
  const [, from, distance] = /^SIG(RTMIN\+|RTMAX-)(\d+)$/.exec(name) ?? [];
  const number = /^\d+$/.test(text)
    ? Number(text)
    : from === 'RTMIN+'
      ? RTMIN + Number(distance)
      : from === 'RTMAX-'
        ? RTMAX - Number(distance)
        : { SIGRTMIN: RTMIN, SIGRTMAX: RTMAX, ...constants.signals }[name];
  if (number === undefined || number < 1 || number > RTMAX)
    throw new ValueError(`'${text}' is not a signal; give one such as SIGPWR, SIGRTMIN+3 or 30`);
  return number;
}

/** 'overlay:/lower:/upper', 'dir:/path', '/path'. */
export function root(text: string): Root {
  const [, kind = 'dir', rest = text] = /^([a-z]+):(.*)$/s.exec(text) ?? [];
  if (kind === 'dir') return { kind, path: absolute(rest) };
  if (kind !== 'overlay' && kind !== 'overlayfs')
    throw new ValueError(
      `'${kind}:' is a backing store that is not supported; give dir:/PATH or overlay:/LOWER:/UPPER`,
    );
  const parts = rest.split(':');
  const upper = parts.pop() ?? '';
  if (parts.length === 0) throw new ValueError(`'${text}' has no upper directory; give overlay:/LOWER:/UPPER`);
  return { kind: 'overlay', lower: parts.map(absolute), upper: upper === 'tmpfs' ? upper : absolute(upper) };
}

export const rootText = (given: Root): string =>
  given.kind === 'dir' ? `dir:${given.path}` : `overlay:${[...given.lower, given.upper].join(':')}`;

/** fstab(5): blanks are written '\040'. */
const unescaped = (field: string): string =>
  field.replace(/\\([0-7]{3})/g, (_, octal) => String.fromCharCode(Number.parseInt(octal, 8)));

export function mountEntry(text: string, place: Place): MountEntry {
  const [source, target, type, options = 'defaults', ...numbers] = words(text).map(unescaped);
  if (source === undefined || target === undefined || type === undefined)
    throw new ValueError(`takes SOURCE TARGET TYPE OPTIONS 0 0, as fstab(5) has it, got '${text}'`);
  if (numbers.length > 2 || !numbers.every((number) => /^\d+$/.test(number)))
    throw new ValueError(`has more than six fields, or a blank that is not written \\040: '${text}'`);
  return { source, target, type, options: options.split(',').filter(Boolean), place };
}

/** 'u 0 100000 65536': for users, groups (g), or both (b). */
export function idmap(text: string): { kind: string; mapping: IDMapping } {
  const [kind, ...numbers] = words(text);
  if (!/^[ugb]$/.test(kind ?? '') || numbers.length !== 3)
    throw new ValueError(`takes u, g or b, the first id inside, the first outside and how many, got '${text}'`);
  const [containerID, hostID, size] = numbers.map(identity) as [number, number, number];
  if (size === 0) throw new ValueError('maps no id at all; the last number is how many');
  return { kind: kind as string, mapping: { containerID, hostID, size } };
}

function limit(text: string): RlimitValue {
  if (text === 'unlimited') return text;
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(Number(text)))
    throw new ValueError(`takes SOFT:HARD, or one for both; each a number or 'unlimited', got '${text}'`);
  return Number(text);
}

/** 'SOFT:HARD', or one for both. */
export function limits(text: string): { soft: RlimitValue; hard: RlimitValue } {
  const [soft = '', hard = soft, ...more] = text.split(':');
  return { soft: limit(soft), hard: limit(more.length > 0 ? text : hard) };
}

/** Seconds in a unit. */
const UNITS: Readonly<Record<string, number>> = { h: 3600, m: 60, s: 1, ms: 1e-3, us: 1e-6, ns: 1e-9, '': 1 };

/** '-7h', '30s', in whole seconds. */
export function seconds(text: string): number {
  const [, number = '', unit = ''] = /^([+-]?\d+)\s*(h|m|s|ms|us|ns|)$/.exec(text) ?? [];
  const total = Number(number) * (UNITS[unit] as number);
  if (number === '' || !Number.isInteger(total))
    throw new ValueError(`takes whole seconds: a number with h, m or s, got '${text}'`);
  return total;
}
