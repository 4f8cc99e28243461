/** floor/traffic.c: the two ends of what is measured, the same program on every path. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { CFLAGS, SOURCES } from '../../environments/floor.ts';

export const PORT = 7011;

/** Compiled into a directory; gives its path. */
export function buildTraffic(directory: string): string {
  const program = join(directory, 'traffic');
  execFileSync('cc', [...CFLAGS, '-o', program, join(SOURCES, 'traffic.c')], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return program;
}

/** 'BYTES NANOSECONDS' as gigabits a second. */
export function parseStream(text: string): number {
  const [, bytes, nanoseconds] = /^(\d+) (\d+)\s*$/.exec(text) ?? [];
  if (bytes === undefined) throw new Error(`traffic: expected bytes and nanoseconds, got '${text.slice(0, 80)}'`);
  return (8 * Number(bytes)) / Number(nanoseconds);
}

/** A line of nanoseconds, as microseconds. */
export function parsePings(text: string, count: number): number[] {
  const words = text.trim().split(/\s+/);
  if (words.length !== count || words.some((word) => !/^\d+$/.test(word)))
    throw new Error(`traffic: expected ${count} numbers, got '${text.slice(0, 80)}'`);
  return words.map((word) => Number(word) / 1000);
}
