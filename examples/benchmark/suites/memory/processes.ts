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

/** Where a process's memory is charged: the directory of its cgroup, and which version's files that has. */
function chargedGroup(pid: number): string {
  const groups = read(`/proc/${pid}/cgroup`);
  const [, v1] = /^\d+:(?:[^:]*,)?memory(?:,[^:]*)?:(.*)$/m.exec(groups) ?? [];
  if (v1 !== undefined) return `/sys/fs/cgroup/memory${v1}`;
  return `/sys/fs/cgroup${/^0::(.*)$/m.exec(groups)?.[1] ?? ''}`;
}

/** What is charged, by memory.stat of either version: user space first, then the kernel's, which v1 counts in a file of its own. */
const USER = { v1: ['rss', 'cache'], v2: ['anon', 'file'] } as const;
const KERNEL = { v1: 'memory.kmem.usage_in_bytes', v2: 'kernel' } as const;

/**
 * Bytes that a cgroup is charged with. Not `memory.current` or `usage_in_bytes`, which have up to 64 pages more for each CPU
 * that has charged something lately: it takes them in advance.
 */
export function chargeOf(group: string): number {
  const kernel = read(`${group}/${KERNEL.v1}`);
  const stat = new Map(
    read(`${group}/memory.stat`)
      .split('\n')
      .map((line) => line.split(' '))
      .map(([name = '', bytes]) => [name, Number(bytes)]),
  );
  const fields: readonly string[] = kernel === '' ? [...USER.v2, KERNEL.v2] : USER.v1;
  return fields.reduce((sum, name) => sum + (stat.get(name) ?? 0), Number(kernel));
}

/**
 * KiB that the cgroups of these processes are charged with, but for those that are anybody's: the first process's, which in a
 * container is not the root, the root, and `worker`'s.
 */
export function cgroupCharge(processes: readonly number[], worker: number): number {
  const groups = new Set(processes.map(chargedGroup));
  for (const others of [1, worker]) groups.delete(chargedGroup(others));
  const isRoot = (group: string) => group.endsWith('/');
  return [...groups].filter((group) => !isRoot(group)).reduce((sum, group) => sum + chargeOf(group) / 1024, 0);
}
