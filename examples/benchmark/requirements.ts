/** What a suite needs of the machine, asked before anything runs: everything that is missing is told at once. */
import { existsSync, mkdirSync, readFileSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { findProgram, type ProgramName, packagesOf } from './environments/programs.ts';
import type { Missing } from './result.ts';
import type { Choice, Suite } from './suite.ts';

export interface Programs {
  versions: Record<string, string>;
  present: Set<ProgramName>;
  /** Those without which the suite cannot run. */
  needed: Missing[];
  /** Peers. */
  absent: Missing[];
}

/** Versions of what is there, reasons for what is not. */
export function findPrograms({ programs, peers }: Pick<Suite, 'programs' | 'peers'>, find = findProgram): Programs {
  const found: Programs = { versions: {}, present: new Set(), needed: [], absent: [] };
  for (const name of [...programs, ...peers]) {
    const each = find(name);
    if ('version' in each) {
      found.versions[name] = each.version;
      found.present.add(name);
    } else (programs.includes(name) ? found.needed : found.absent).push(each);
  }
  return found;
}

/** Packages of what is missing. */
export const packagesFor = ({ needed, absent }: Programs): string[] => [
  ...new Set([...needed, ...absent].flatMap(({ name }) => packagesOf(name as ProgramName))),
];

/** The nearest directory that is there. */
const existing = (path: string): string => (existsSync(path) ? path : existing(dirname(path)));

const TMPFS = 0x01021994;
const RAMFS = 0x858458f6;

/** Whether files there are in memory: what is read from and written to them says nothing about disks. */
export const isInMemory = (path: string): boolean => [TMPFS, RAMFS].includes(statfsSync(existing(path)).type);

export const availableMemory = (): number =>
  1024 * Number(/^MemAvailable:\s+(\d+)/m.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1] ?? 0);

const gibibytes = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GiB`;

/** What speaks against a run, each with what to do about it. Programs are known already. */
export function obstacles(suite: Suite, choice: Choice, programs: Programs, cache: string): string[] {
  const found = programs.needed.map(({ name, reason }) => `${name}: ${reason}`);
  const disk = suite.disk?.(choice) ?? 0;
  if (disk > 0) {
    const { bavail, bsize } = statfsSync(existing(cache));
    const there = bavail * bsize;
    if (there < disk)
      found.push(
        `${cache} has ${gibibytes(there)} free, the suite needs ${gibibytes(disk)}; COFFERDAM_CACHE=DIR puts it elsewhere`,
      );
    if (isInMemory(cache))
      found.push(`${cache} is in memory (tmpfs), which is no disk; COFFERDAM_CACHE=DIR puts it on one`);
  }
  const memory = suite.memory?.(choice) ?? 0;
  if (availableMemory() < memory)
    found.push(`${gibibytes(availableMemory())} of memory are available, the suite needs ${gibibytes(memory)}`);
  return found;
}

/** @throws an error with code ERR_REQUIREMENTS that names everything at once */
export function require(suite: Suite, choice: Choice, programs: Programs, cache: string): void {
  const found = obstacles(suite, choice, programs, cache);
  if (found.length > 0)
    throw Object.assign(new Error([`${suite.name} cannot run here:`, ...found].join('\n  ')), {
      code: 'ERR_REQUIREMENTS',
    });
  mkdirSync(cache, { recursive: true });
}
