/** How texts on a command line become values. Each throws a UsageError that says what would be right. */
import { isIP } from 'node:net';
import { UsageError } from './command.ts';

const UNITS: Readonly<Record<string, number>> = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };

/** '10M' in bytes; units of 1024, in either case, with or without B or iB. */
export function size(text: string): number {
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?)([KMGT]?)(?:i?B)?$/i.exec(text) ?? [];
  const bytes = Math.round(Number(number) * (UNITS[unit.toUpperCase()] as number));
  if (number === '' || !Number.isSafeInteger(bytes))
    throw new UsageError(`'${text}' is not a size; give bytes, or a number with K, M, G or T (of 1024): 10M`);
  if (bytes === 0) throw new UsageError('must be more than 0; leave the option out for its default');
  return bytes;
}

/** Of memory: what the kernel counts in pages. */
export function memory(text: string): number {
  const bytes = size(text);
  if (bytes < 4096) throw new UsageError(`'${text}' is less than a page, which is 4K; give 1M or more`);
  return bytes;
}

/** Bytes as a person would write them: the largest unit that they are a whole number of. */
export function formatSize(bytes: number): string {
  const [unit, factor] = Object.entries(UNITS).findLast(([, each]) => bytes % each === 0 && bytes >= each) ?? ['', 1];
  return `${bytes / factor}${unit || ' bytes'}`;
}

export function hostname(text: string): string {
  if (text.length > 64) throw new UsageError(`a host name has at most 64 characters, this one has ${text.length}`);
  if (!/^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/.test(text))
    throw new UsageError(`'${text}' is not a host name; use letters, digits, '-' and '.'`);
  return text;
}

/** The kernel's IFNAMSIZ, and dev_valid_name(). */
export function interfaceName(text: string): string {
  if (text.length > 15)
    throw new UsageError(`an interface name has at most 15 characters, '${text}' has ${text.length}`);
  if (!/^[A-Za-z0-9_.-]+$/.test(text) || text === '.' || text === '..')
    throw new UsageError(`'${text}' is not an interface name; use letters, digits, '_', '-' and '.'`);
  return text;
}

/** A prefix for addresses that come without one: a small network of one's own. */
const PREFIXES: Readonly<Record<number, { usual: number; most: number }>> = {
  4: { usual: 24, most: 32 },
  6: { usual: 64, most: 128 },
};

/** '10.0.0.1' or '10.0.0.1/24', with the prefix in any case. */
export function address(text: string): string {
  const [host = '', prefix, ...more] = text.split('/');
  const family = PREFIXES[isIP(host)];
  const bits = prefix === undefined ? family?.usual : /^\d{1,3}$/.test(prefix) ? Number(prefix) : Number.NaN;
  if (!family || host.includes('%') || more.length > 0 || bits === undefined || !(bits <= family.most))
    throw new UsageError(`'${text}' is not an IP address; give one such as 10.0.0.1, 10.0.0.1/24 or fd00::1/64`);
  return `${host}/${bits}`;
}

/** As a size, or 0. */
export const sizeOrNone = (text: string): number => (text === '0' ? 0 : size(text));

/** A number above 0. */
export function positive(text: string): number {
  const number = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (!(number > 0)) throw new UsageError(`'${text}' must be a number above 0`);
  return number;
}

/** A positive whole number. */
export function count(text: string): number {
  if (!/^\d+$/.test(text) || Number(text) === 0 || !Number.isSafeInteger(Number(text)))
    throw new UsageError(`'${text}' must be a whole number, 1 or more`);
  return Number(text);
}

export function nonEmpty(text: string): string {
  if (text === '') throw new UsageError('must not be empty');
  return text;
}

/** Of TCP or UDP; 0 for one that is free. */
export function port(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65535) throw new UsageError(`'${text}' is not a port; give 0 to 65535`);
  return Number(text);
}
