/** What processes hold of the machine's memory. */
import { readFileSync } from 'node:fs';

/** Bytes: its own pages, and its share of those that it has with others (proc(5), smaps_rollup). */
export function proportionalSize(pid: number): number {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1');
  return Number(/^Pss:\s+(\d+) kB/m.exec(text)?.[1] ?? 0) * 1024;
}

/** Bytes that the kernel holds for processes: stacks, page tables, and slabs that cannot be given back. */
export function kernelMemory(): number {
  const text = readFileSync('/proc/meminfo', 'latin1');
  const of = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0) * 1024;
  return of('KernelStack') + of('PageTables') + of('SUnreclaim');
}

export function parentOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
}
