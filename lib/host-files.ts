/**
 * What compilation learns from the host's files at the time: a program made of it holds for one launch, and not for all
 * of its kind. What holds as long as this program runs (its hierarchies, its capabilities) is read elsewhere, once.
 */
import { existsSync, readFileSync, type Stats, statSync } from 'node:fs';

let reads = 0;

/** How often the host was asked. */
export const hostReads = (): number => reads;

export function hostFile(path: string): string {
  reads++;
  return readFileSync(path, 'utf8');
}

export function hostStat(path: string): Stats | undefined {
  reads++;
  return statSync(path, { throwIfNoEntry: false });
}

export function hostHas(path: string): boolean {
  reads++;
  return existsSync(path);
}
