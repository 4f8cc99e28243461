/** Ids that users may map beside their own: subuid(5), subgid(5). */
import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import type { IDRanges } from '../options/normalized.ts';

export interface SubordinateRange {
  first: number;
  count: number;
}

const MOST_ID = 2 ** 32 - 2;

/** Ids of a container: those that programs expect, up to nobody's 65534. */
export const RANGE_SIZE = 65536;

/**
 * What root's containers share where /etc/subuid gives root nothing: above what useradd(8) hands out, and above the
 * 524288 to 1879048191 that systemd-nspawn takes.
 */
export const DEFAULT_RANGE: SubordinateRange = { first: 2 ** 31, count: 32767 * RANGE_SIZE };

/** Pure: the ranges that a file gives to any of these names, in its order. Lines that cannot be understood are nobody's. */
export function parseSubordinate(text: string, names: readonly string[]): SubordinateRange[] {
  return text.split('\n').flatMap((line) => {
    const [name = '', first = '', count = ''] = line.trim().split(':');
    if (!names.includes(name) || !/^\d{1,10}$/.test(first) || !/^\d{1,10}$/.test(count)) return [];
    const range = { first: Number(first), count: Number(count) };
    return range.count > 0 && range.first > 0 && range.first + range.count - 1 <= MOST_ID ? [range] : [];
  });
}

/** Pieces of `size` ids of the longest range of each kind; undefined where there is not one. */
export function pieces(
  uids: readonly SubordinateRange[],
  gids: readonly SubordinateRange[],
  size: number,
): IDRanges | undefined {
  const longest = (ranges: readonly SubordinateRange[]) =>
    ranges.reduce<SubordinateRange | undefined>((a, b) => (a && a.count >= b.count ? a : b), undefined);
  const [uid, gid] = [longest(uids), longest(gids)];
  const count = Math.min(Math.floor((uid?.count ?? 0) / size), Math.floor((gid?.count ?? 0) / size), 65536);
  return uid && gid && count > 0 ? { uid: uid.first, gid: gid.first, size, count } : undefined;
}

const text = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
};

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A uid without an entry in passwd: then it is its number that the files have.
    return '';
  }
}

/** What the files give to this user. */
export function subordinateIds(uid: number): { uids: SubordinateRange[]; gids: SubordinateRange[] } {
  const names = [String(uid), uid === 0 ? 'root' : userName()].filter(Boolean);
  return {
    uids: parseSubordinate(text('/etc/subuid'), names),
    gids: parseSubordinate(text('/etc/subgid'), names),
  };
}
