/** What became of a process: one place builds every result, each reason an explicit boolean. */
import { constants } from 'node:os';
import type { LaunchEvent } from '../native.ts';

/** How a process ended. */
export interface ExitStatus {
  /** Exit status, or null when a signal ended the process (or the status was lost). */
  exitCode: number | null;
  /** Name of the signal that ended it, or null. */
  signal: NodeJS.Signals | null;
  /** Its `timeout` ended it. */
  timedOut: boolean;
  /** Its `signal` option (an AbortSignal) ended it. */
  aborted: boolean;
  /** The kernel killed it or a process of its container for memory: the container's limit, or the machine's. */
  oomKilled: boolean;
  /** From the launch to its end, milliseconds. */
  duration: number;
  /** Most memory that the container used, bytes: its cgroup's peak, without a memory limit the largest process's. */
  peakMemory: number;
  /** CPU time of the container (of the process, for `exec()`), microseconds, as `process.cpuUsage()` gives it. */
  cpuTime: { user: number; system: number };
  /** Its status could not be had: another part of this program waited for it. */
  lost: boolean;
  /** Why it is lost: 'monitor-lost' when the monitor of a detached container was killed before its end. */
  reason?: 'monitor-lost';
}

/** What `run()` and `exec()` resolve with. */
export interface RunResult<Output = string> extends ExitStatus {
  stdout: Output;
  stderr: Output;
}

const NAMES = new Map(Object.entries(constants.signals).map(([name, number]) => [number, name as NodeJS.Signals]));

/** 'SIGKILL' for 9; real-time signals by their number ('SIG34'). */
export function signalName(number: number): NodeJS.Signals {
  return NAMES.get(number) ?? (`SIG${number}` as NodeJS.Signals);
}

/** What a container's cgroup says at its end; see lib/cgroup. */
export interface CgroupUsage {
  peakMemory?: number;
  oomKilled: boolean;
  cpuTime?: { user: number; system: number };
}

/** The exit status out of the addon's event. */
export function exitStatus(
  event: Extract<LaunchEvent, { type: 'exited' }>,
  usage: CgroupUsage,
  aborted: boolean,
): ExitStatus {
  return {
    exitCode: event.code,
    signal: event.signal ? signalName(event.signal) : null,
    timedOut: event.timedOut,
    aborted,
    oomKilled: usage.oomKilled,
    duration: event.duration / 1e6,
    peakMemory: usage.peakMemory ?? event.maxRss * 1024,
    cpuTime: usage.cpuTime ?? { user: event.userTime, system: event.systemTime },
    lost: event.lost,
    ...(event.reason && { reason: event.reason }),
  };
}
