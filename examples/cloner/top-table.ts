/** What containers use as lxc-top(1) shows it. */
import type { Stats } from 'cofferdam';
import { formatSize } from '../top/units.ts';

export type SortKey = 'n' | 'c' | 'b' | 'm';

/** What is shown of one container; what the kernel does not count is 0. */
export interface Use {
  readonly name: string;
  /** Microseconds, since it was started. */
  readonly cpu: number;
  readonly system: number;
  readonly user: number;
  /** Bytes. */
  readonly read: number;
  readonly written: number;
  readonly memory: number;
}

export function useOf(name: string, { cpu, io, memory }: Stats): Use {
  const disks = Object.values(io?.devices ?? {});
  const sum = (key: 'readBytes' | 'writeBytes') => disks.reduce((total, each) => total + each[key], 0);
  return {
    name,
    cpu: cpu?.usage ?? 0,
    system: cpu?.system ?? 0,
    user: cpu?.user ?? 0,
    read: sum('readBytes'),
    written: sum('writeBytes'),
    memory: memory?.current ?? 0,
  };
}

const KEYS: Readonly<Record<Exclude<SortKey, 'n'>, (use: Use) => number>> = {
  c: ({ cpu }) => cpu,
  b: ({ read, written }) => read + written,
  m: ({ memory }) => memory,
};

/** By name ascending, by use the least first: so is LXC's order, which `reverse` turns round. */
export function sorted(uses: readonly Use[], key: SortKey, reverse: boolean): Use[] {
  const inOrder = [...uses].sort((a, b) => (a.name < b.name ? -1 : 1));
  if (key !== 'n') inOrder.sort((a, b) => KEYS[key](a) - KEYS[key](b));
  return reverse ? inOrder.reverse() : inOrder;
}

const seconds = (microseconds: number): string => (microseconds / 1e6).toFixed(2);

/** LXC's columns and their widths. */
const line = (name: string, texts: readonly [string, string, string, string, string]): string =>
  [
    name.slice(0, 18).padEnd(18),
    ...texts.map((text, index) => text.padStart(index < 3 ? 10 : index === 3 ? 24 : 9)),
  ].join(' ');

export function topTable(uses: readonly Use[]): string[] {
  const sum = (key: Exclude<keyof Use, 'name'>) => uses.reduce((total, each) => total + each[key], 0);
  const total: Use = {
    name: `TOTAL ${uses.length}`,
    cpu: sum('cpu'),
    system: sum('system'),
    user: sum('user'),
    read: sum('read'),
    written: sum('written'),
    memory: sum('memory'),
  };
  const row = ({ name, cpu, system, user, read, written, memory }: Use) =>
    line(name, [
      seconds(cpu),
      seconds(system),
      seconds(user),
      `${formatSize(read + written)}(${formatSize(read)}/${formatSize(written)})`,
      formatSize(memory),
    ]);
  return [
    line('Container', ['CPU', 'CPU', 'CPU', 'BlkIO', 'Mem']),
    line('Name', ['Used', 'Sys', 'User', 'Total(Read/Write)', 'Used']),
    ...uses.map(row),
    row(total),
  ];
}

export const BATCH_HEADING =
  'time_ms,container,cpu_nanos,cpu_sys_nanos,cpu_user_nanos,blkio_read_bytes,blkio_written_bytes,mem_used_bytes';

/** For a file: a line a container and look. */
export const batchLines = (uses: readonly Use[], time: number): string[] =>
  uses.map(({ name, cpu, system, user, read, written, memory }) =>
    [time, name, cpu * 1000, system * 1000, user * 1000, read, written, memory].join(','),
  );
