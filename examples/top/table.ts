/** Samples of containers as rows, and rows as a table of at most so many columns. */
import type { Stats } from 'cofferdam';
import { formatSize } from './units.ts';

/** What is shown of one container. */
export interface Row {
  id: string;
  processes: number;
  /** Percent of one CPU since the sample before; undefined with the first. */
  cpu: number | undefined;
  /** Bytes. */
  memory: number | undefined;
  limit: number | undefined;
  /** Bytes a second, received and sent, of all interfaces but loopback. */
  received: number | undefined;
  sent: number | undefined;
  /** Percent of the last ten seconds in which tasks waited. */
  pressure: { cpu: number | undefined; memory: number | undefined; io: number | undefined };
}

const traffic = (stats: Stats, key: 'receivedBytes' | 'sentBytes'): number =>
  Object.entries(stats.network ?? {}).reduce((sum, [name, each]) => sum + (name === 'lo' ? 0 : each[key]), 0);

/** @param before The sample before, of the same container. */
export function rowOf(id: string, processes: number, stats: Stats, before: Stats | undefined): Row {
  const seconds = before ? (stats.time - before.time) / 1000 : 0;
  const rate = (now: number | undefined, then: number | undefined): number | undefined =>
    now === undefined || then === undefined || seconds <= 0 ? undefined : Math.max(0, (now - then) / seconds);
  const cpu = rate(stats.cpu?.usage, before?.cpu?.usage);
  return {
    id,
    processes,
    cpu: cpu === undefined ? undefined : cpu / 1e4,
    memory: stats.memory?.current,
    limit: stats.memory?.limit,
    received: before && rate(traffic(stats, 'receivedBytes'), traffic(before, 'receivedBytes')),
    sent: before && rate(traffic(stats, 'sentBytes'), traffic(before, 'sentBytes')),
    pressure: {
      cpu: stats.cpu?.pressure?.some.avg10,
      memory: stats.memory?.pressure?.some.avg10,
      io: stats.io?.pressure?.some.avg10,
    },
  };
}

const NOTHING = '-';
const BAR = 6;

/** '[####  ]'; without a limit there is nothing to fill. */
export function bar({ memory, limit }: Pick<Row, 'memory' | 'limit'>): string {
  if (memory === undefined || limit === undefined) return ' '.repeat(BAR + 2);
  const full = Math.min(BAR, Math.round((memory / limit) * BAR));
  return `[${'#'.repeat(full)}${' '.repeat(BAR - full)}]`;
}

const percent = (value: number | undefined): string =>
  value === undefined ? NOTHING : value.toFixed(value < 10 ? 1 : 0);
const size = (bytes: number | undefined): string => (bytes === undefined ? NOTHING : formatSize(bytes));

interface Column {
  title: string;
  width: number;
  left?: boolean;
  text(row: Row): string;
}

/** All beside the name, which gets what is left. */
const COLUMNS: readonly Column[] = [
  { title: 'CPU%', width: 5, text: ({ cpu }) => percent(cpu) },
  { title: 'MEMORY', width: 6, text: ({ memory }) => size(memory) },
  { title: '', width: BAR + 2, left: true, text: bar },
  { title: 'LIMIT', width: 6, text: ({ limit }) => size(limit) },
  { title: 'PIDS', width: 5, text: ({ processes }) => String(processes) },
  { title: 'RX/s', width: 5, text: ({ received }) => size(received) },
  { title: 'TX/s', width: 5, text: ({ sent }) => size(sent) },
  {
    title: 'WAIT cpu/mem/io',
    width: 15,
    text: ({ pressure: { cpu, memory, io } }) => [cpu, memory, io].map(percent).join('/'),
  },
];

const LEAST_NAME = 8;

const fit = (text: string, width: number, left = false): string => {
  const cut = text.length > width ? `${text.slice(0, width - 1)}…` : text;
  return left ? cut.padEnd(width) : cut.padStart(width);
};

/** Lines: the headings, then the rows. */
export function table(rows: readonly Row[], columns: number): string[] {
  const rest = COLUMNS.reduce((sum, { width }) => sum + width + 1, 0);
  const name = Math.max(LEAST_NAME, columns - rest);
  const line = (id: string, text: (column: Column) => string) =>
    [fit(id, name, true), ...COLUMNS.map((column) => fit(text(column), column.width, column.left))].join(' ').trimEnd();
  return [line('NAME', ({ title }) => title), ...rows.map((row) => line(row.id, ({ text }) => text(row)))];
}
