/** When each operation of a launch ran and how it ended: read from the records that interpreter and Node share. */
import { describeErrno } from '../errors.ts';
import type { Actor, OperationName } from './contract.ts';
import { explain } from './explain.ts';
import type { Operation } from './operation.ts';
import type { SlotTable } from './slots.ts';

/** Offsets of layout.h's RecordHeader and Record. */
const HEADER = { started: 16, requested: 24, size: 64 } as const;
const RECORD = { error: 0, done: 4, ended: 8, size: 16 } as const;

export interface TraceEntry {
  index: number;
  operation: OperationName;
  text: string;
  actor: Actor;
  /** Name of the errno; also of those that the launch tolerated. */
  error?: string;
  /** Microseconds from the request to its begin. */
  start: number;
  /** Microseconds. */
  duration: number;
}

export interface LaunchTrace {
  /** Microseconds from Node's request to the first operation: the launcher's work, clone3(2) above all. */
  clone: number;
  /** Operations that ran, in the order of the program. */
  entries: TraceEntry[];
  /** Microseconds from the request to the last operation's end. An exec that worked has no end of its own. */
  duration: number;
}

const view = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
/** A clock reading, ns; doubles hold it exactly for the first hundred days of uptime and to the microsecond ever after. */
const time = (data: DataView, at: number): number => Number(data.getBigUint64(at, true));

/** @param records A copy of the launch's shared records. */
export function decodeTrace(
  records: Uint8Array,
  operations: readonly Operation[],
  names?: Pick<SlotTable, 'label' | 'path'>,
): LaunchTrace {
  const data = view(records);
  const requested = time(data, HEADER.requested);
  const started = time(data, HEADER.started);
  const microseconds = (clock: number): number => Math.max(0, clock - requested) / 1000;
  const entries: TraceEntry[] = [];
  // Each actor is one process and its own clock; the child's begins where the clone that made it ended.
  const last: Partial<Record<Actor, number>> = {};
  let cloned = started;
  operations.forEach((operation, index) => {
    const at = HEADER.size + index * RECORD.size;
    if (at + RECORD.size > records.length || data.getUint32(at + RECORD.done, true) === 0) return;
    const ended = time(data, at + RECORD.ended);
    const error = data.getInt32(at + RECORD.error, true);
    const from = last[operation.actor] ?? (operation.actor === 'child' ? cloned : started);
    last[operation.actor] = ended;
    if (operation.name === 'clone') cloned = ended;
    const entry: TraceEntry = {
      index,
      operation: operation.name,
      text: explain(operation, names),
      actor: operation.actor,
      start: microseconds(from),
      duration: Math.max(0, ended - from) / 1000,
    };
    if (error !== 0) entry.error = describeErrno(error).code;
    entries.push(entry);
  });
  const duration = entries.reduce((most, entry) => Math.max(most, entry.start + entry.duration), microseconds(started));
  return { clone: microseconds(started), entries, duration };
}

/** Time by kind of operation, the dearest first. */
export function summarizeTrace(
  trace: LaunchTrace,
): { operation: OperationName | 'launch'; count: number; duration: number }[] {
  const sums = new Map<OperationName | 'launch', { count: number; duration: number }>([
    ['launch', { count: 1, duration: trace.clone }],
  ]);
  for (const { operation, duration } of trace.entries) {
    const sum = sums.get(operation) ?? { count: 0, duration: 0 };
    sums.set(operation, { count: sum.count + 1, duration: sum.duration + duration });
  }
  return [...sums].map(([operation, sum]) => ({ operation, ...sum })).sort((a, b) => b.duration - a.duration);
}

const BAR_WIDTH = 30;

/** A bar that begins where its span begins; at least one cell, in eighths at its end. */
function bar(start: number, duration: number, total: number): string {
  const cell = total > 0 ? total / BAR_WIDTH : 1;
  const from = Math.min(BAR_WIDTH - 1, Math.floor(start / cell));
  const length = Math.max(1, Math.min(BAR_WIDTH - from, Math.round(duration / cell)));
  return (' '.repeat(from) + '█'.repeat(length)).padEnd(BAR_WIDTH);
}

/** A table with a timeline, for `--trace`. */
export function formatTrace(trace: LaunchTrace, options: { width?: number } = {}): string {
  const { width = 120 } = options;
  const hosts = trace.entries.some((entry) => entry.actor === 'host');
  const rows = [
    { start: 0, duration: trace.clone, actor: '', text: 'request, clone3', error: undefined as string | undefined },
    ...trace.entries.map(({ start, duration, actor, text, error }) => ({ start, duration, actor, text, error })),
  ];
  const lines = rows.map(({ start, duration, actor, text, error }) => {
    const times = `${start.toFixed(0).padStart(7)} ${duration.toFixed(1).padStart(8)}`;
    const what = error ? `${text} [${error}]` : text;
    const line = `${times}  ${bar(start, duration, trace.duration)}  ${hosts ? actor.padEnd(6) : ''}${what}`;
    return (line.length > width ? `${line.slice(0, width - 1)}…` : line).trimEnd();
  });
  const head = `${'at µs'.padStart(7)} ${'took µs'.padStart(8)}`;
  return [head, ...lines, `${trace.duration.toFixed(0).padStart(7)} µs in all`].join('\n');
}
