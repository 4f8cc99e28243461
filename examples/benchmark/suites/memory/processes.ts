/** What containers take of the machine's memory: by what the kernel counts, and by processes. */
import { readdirSync, readFileSync } from 'node:fs';

/** Fields of proc(5)'s meminfo that are somebody's, and not a cache that gives way: KiB. */
const TAKEN = ['AnonPages', 'Shmem', 'SUnreclaim', 'KernelStack', 'PageTables', 'Percpu'];

/** KiB that are in use, caches left out. */
export function takenMemory(memInfo = readFileSync('/proc/meminfo', 'utf8')): number {
  return TAKEN.reduce((sum, name) => sum + Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(memInfo)?.[1] ?? 0), 0);
}

const read = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // It has ended meanwhile.
    return '';
  }
};

const pids = (): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);

export const allPids = (): Set<number> => new Set(pids());

const parentOf = (pid: number): number => {
  const stat = read(`/proc/${pid}/stat`);
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] ?? 0);
};

function descendsFrom(pid: number, ancestor: number): boolean {
  for (let at = pid; at > 1; at = parentOf(at)) if (at === ancestor) return true;
  return false;
}

/** KiB, pages that are shared counted in part: proc(5)'s smaps_rollup. */
export const proportional = (pid: number): number =>
  Number(/^Pss:\s+(\d+)/m.exec(read(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0);

/**
 * Processes that came after `before` and belong to the containers: the worker's descendants, and those whose cgroup or
 * command line has the name that all containers of this run have (monitors, shims).
 */
export function newProcesses(before: ReadonlySet<number>, worker: number, mark = 'cofferdam-bench'): number[] {
  return pids().filter(
    (pid) =>
      !before.has(pid) &&
      (descendsFrom(pid, worker) ||
        read(`/proc/${pid}/cgroup`).includes(mark) ||
        read(`/proc/${pid}/cmdline`).includes(mark)),
  );
}
