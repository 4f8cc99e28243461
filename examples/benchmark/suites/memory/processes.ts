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

/** The process that waits for a container's end, of each kind; the kernel keeps 15 letters of a name. */
const MONITORS = /^(cofferdam-monit|conmon|containerd-shim)|^\[lxc monitor\]/;

export const isMonitor = (pid: number): boolean =>
  MONITORS.test(read(`/proc/${pid}/comm`)) || MONITORS.test(read(`/proc/${pid}/cmdline`));

/** Where a process's memory is charged: a file with the bytes of it. */
function chargeFile(pid: number): string {
  const groups = read(`/proc/${pid}/cgroup`);
  const [, v1] = /^\d+:(?:[^:]*,)?memory(?:,[^:]*)?:(.*)$/m.exec(groups) ?? [];
  if (v1 !== undefined) return `/sys/fs/cgroup/memory${v1}/memory.usage_in_bytes`;
  return `/sys/fs/cgroup${/^0::(.*)$/m.exec(groups)?.[1] ?? ''}/memory.current`;
}

/** KiB that the cgroups of these processes are charged with, but for those that are anybody's: the machine's and `worker`'s. */
export function cgroupCharge(processes: readonly number[], worker: number): number {
  const files = new Set(processes.map(chargeFile));
  for (const others of [1, worker]) files.delete(chargeFile(others));
  return [...files].reduce((sum, file) => sum + Number(read(file) || 0) / 1024, 0);
}
