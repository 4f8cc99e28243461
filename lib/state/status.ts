/** What a monitor says of its container: the twin of `Status` in native/program/layout.h, and whether it still holds. */
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { MAGIC, STATUS_STATES } from '../program/contract.ts';
import { placesOf } from './places.ts';

export type StatusState = keyof typeof STATUS_STATES;

export interface Status {
  state: StatusState;
  monitor: ProcessId;
  /** The container's first process; pid 0 unless it runs. */
  first: ProcessId;
  /** Milliseconds since the epoch; 0: not yet. */
  startedAt: number;
  endedAt: number;
  /** Null when a signal ended it. */
  exitCode: number | null;
  signal: number;
  restarts: number;
  undoError: { errno: number; step: number } | undefined;
  /** Nanoseconds. */
  duration: number;
  /** Microseconds. */
  userTime: number;
  systemTime: number;
  /** KiB. */
  maxRss: number;
  /** Bytes that the log had no room for. */
  lostOutput: number;
  /** Counters of its cgroups at the end, in the order of the program's `usage` operations. */
  texts: (string | null)[];
}

/** Pids come again; together with the start time in clock ticks since boot they don't. */
export interface ProcessId {
  pid: number;
  start: number;
}

const STATES = new Map(Object.entries(STATUS_STATES).map(([name, code]) => [code as number, name as StatusState]));
/** Version 1 is this long; a later one has more behind it, and `size` says how much. */
const LEAST = 128;
const MOST = 16 * 1024;
/** A write is one copy of 128 bytes: to be met in the middle twice takes more than bad luck. */
const TRIES = 8;

/** Undefined when it was read while it was written, or is none. */
export function decodeStatus(bytes: Buffer): Status | undefined {
  if (bytes.length < LEAST || bytes.readUInt32LE(0) !== MAGIC) return undefined;
  if (bytes.readUInt32LE(8) !== bytes.readUInt32LE(124)) return undefined;
  // Quicker than a BigInt, and exact up to 2^53.
  const long = (at: number): number => bytes.readUInt32LE(at) + bytes.readUInt32LE(at + 4) * 2 ** 32;
  const state = STATES.get(bytes.readUInt32LE(12));
  if (!state) return undefined;
  const exitCode = bytes.readInt32LE(56);
  const errno = bytes.readInt32LE(68);
  const size = bytes.readUInt16LE(6);
  const texts = bytes.toString('utf8', size, size + bytes.readUInt32LE(76)).split('\0');
  return {
    state,
    monitor: { pid: bytes.readInt32LE(16), start: long(24) },
    first: { pid: bytes.readInt32LE(20), start: long(32) },
    startedAt: long(40) / 1e6,
    endedAt: long(48) / 1e6,
    exitCode: exitCode < 0 ? null : exitCode,
    signal: bytes.readInt32LE(60),
    restarts: bytes.readUInt32LE(64),
    undoError: errno === 0 ? undefined : { errno, step: bytes.readUInt32LE(72) },
    duration: long(80),
    userTime: long(88),
    systemTime: long(96),
    maxRss: long(104),
    lostOutput: long(112),
    texts: texts.slice(0, -1).map((text) => (text === '' ? null : text)),
  };
}

const buffer = Buffer.alloc(MOST);

/** The status in an open file, which may have no name any more. */
export function readStatus(descriptor: number): Status | undefined {
  for (let tries = 0; tries < TRIES; tries++) {
    const size = readSync(descriptor, buffer, 0, MOST, 0);
    const status = decodeStatus(buffer.subarray(0, size));
    if (status) return status;
  }
  return undefined;
}

/** A descriptor of a container's status, which the caller closes; undefined when it was never started. */
export function openStatus(name: string): number | undefined {
  try {
    return openSync(placesOf(name).status, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** A container's status now; undefined when it was never started. */
export function statusOf(name: string): Status | undefined {
  const descriptor = openStatus(name);
  if (descriptor === undefined) return undefined;
  try {
    return readStatus(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Whether a process lives, by /proc: a zombie does not. */
export function isAlive(id: ProcessId): boolean {
  if (id.pid <= 0) return false;
  try {
    return isAliveBy(readFileSync(`/proc/${id.pid}/stat`, 'latin1'), id);
  } catch {
    return false;
  }
}

/** @param stat the text of /proc/PID/stat */
export function isAliveBy(stat: string, { start }: ProcessId): boolean {
  // From the state, the third field, on: the name before may hold spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ', 20);
  return fields[0] !== 'Z' && fields[0] !== 'X' && Number(fields[19]) === start;
}

const ALIVE: ReadonlySet<StatusState> = new Set(['starting', 'running', 'waiting']);

/** Its monitor has not written its end: whether there still is a monitor is another question. */
export const isOpen = ({ state }: Status): boolean => ALIVE.has(state);

/** What is true of a container: its monitor's word, as long as there is a monitor. */
export type Condition =
  | { state: 'created' | 'starting' | 'running' | 'restarting' | 'stopped'; lost: false; status: Status | undefined }
  /** The monitor was killed: what it guarded runs on, or has ended unheard. */
  | { state: 'running' | 'stopped'; lost: true; status: Status };

/** A container's condition now. A monitor writes the end and goes: of one that is gone, only what it wrote last is true. */
export function conditionOf(name: string): Condition {
  const condition = conditionBy(statusOf(name));
  return condition.lost ? conditionBy(statusOf(name)) : condition;
}

/**
 * What a status says together with /proc; `lost` is only certain when the monitor was dead before the status was read.
 * @param monitored whether its monitor lives, for who knows already
 */
export function conditionBy(
  status: Status | undefined,
  monitored: boolean = status !== undefined && isOpen(status) && isAlive(status.monitor),
): Condition {
  if (!status) return { state: 'created', lost: false, status };
  if (!isOpen(status)) return { state: 'stopped', lost: false, status };
  if (!monitored) {
    return { state: isAlive(status.first) ? 'running' : 'stopped', lost: true, status };
  }
  const state = status.state === 'waiting' ? 'restarting' : (status.state as 'starting' | 'running');
  return { state, lost: false, status };
}
