/** The typed door to the addon: the only file that loads it. */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { createError } from './errors.ts';

/** What a standard stream of a launched process is: see `LaunchRequest.stdio`. */
export type NativeStdio =
  /** The parent's end is returned as a descriptor, for a Node stream. */
  | 'pipe'
  /** Collected (stdout, stderr) by the reaper thread and delivered with the exit. */
  | 'collect'
  /** /dev/null. */
  | 'ignore'
  /** A descriptor of this process, duplicated. */
  | number;

export interface LaunchRequest {
  /** The encoded launch program. */
  program: Uint8Array;
  /** Slots 0, 1 and 2 of the program. */
  stdio: readonly [NativeStdio, NativeStdio, NativeStdio];
  /** Slots 3 and up; duplicated, the caller keeps its own. */
  descriptors: readonly number[];
  /** Written to the journal before the launch, run by the reaper when the process has ended. */
  undo?: Uint8Array;
  /** With `undo`: leave it armed at the process's end; `release()` runs it. */
  keepUndo?: boolean;
  /** Bytes for a collected process's standard input (stdio[0] is 'pipe' then, closed after the last byte). */
  input?: Uint8Array;
  /** Most bytes that `collect` keeps of each stream; more ends the process with `outputExceeded`. */
  maxBuffer?: number;
  /** Kill the process after so many milliseconds. 0: never. */
  timeout?: number;
  /** After the process's end, how long collected pipes may stay open, ms. Default 100. */
  drain?: number;
  /** Files read (4 KiB each at most) when the process has ended, before the undo: cgroup counters. */
  exitFiles?: readonly string[];
  /** A pid namespace is the process's own, so that killing it kills all. Otherwise `killCgroup` is killed at its end. */
  /** An undo-format program run at the process's end before the undo: kills what the process left behind. */
  atExit?: Uint8Array;
}

/** What a launch reports, in this order: started | failed, then exited. */
export type LaunchEvent =
  | { type: 'started'; pid: number; records: Uint8Array }
  /** The program failed: errno and operation; `killed` when the process was killed by signal `signal` before exec. */
  | {
      type: 'failed';
      errno: number;
      step: number;
      killed: boolean;
      signal: number;
      records: Uint8Array;
      exitFiles: (string | null)[];
    }
  | { type: 'descriptor'; tag: number; fd: number }
  | { type: 'ready'; state: number }
  | {
      type: 'exited';
      /** Exit status, or null when a signal ended the process. */
      code: number | null;
      signal: number;
      /** Status could not be had: another part of this process reaped it. */
      lost: boolean;
      /** Of detached containers, see lib/container/followed.ts. */
      reason?: 'monitor-lost';
      timedOut: boolean;
      outputExceeded: boolean;
      stdout: Uint8Array | null;
      stderr: Uint8Array | null;
      exitFiles: (string | null)[];
      /** From getrusage: microseconds, and kilobytes. */
      userTime: number;
      systemTime: number;
      maxRss: number;
      /** CLOCK_MONOTONIC, ns, from request to the end of the process. */
      duration: number;
      /** The first operation of the undo that failed, or null. */
      undoError: { errno: number; step: number; messages?: string } | null;
    };

/** The first operation of an undo program that failed. */
export interface UndoFailure {
  errno: number;
  /** Its index. */
  step: number;
  /** What a program of the host's, such as nft, wrote before it failed. */
  messages?: string;
}

/** A launched process as the addon knows it. */
export interface Launch {
  readonly id: number;
  /** Parent's ends of `'pipe'` streams, else -1. The caller owns them. */
  readonly fds: readonly [number, number, number];
  /** pidfd_send_signal(2). False when the process is gone. */
  kill(signal: number): boolean;
  /** SIGKILL to it and to its process group. */
  killGroup(): void;
  /** A duplicate of the pidfd (the caller closes it), or -1 when the process is not known or gone. */
  pidfd(): number;
  /** Send a continuation program to a process that waits in `rendezvous`. */
  continue(program: Uint8Array, descriptors: readonly number[], firstSlot: number): void;
  /** Keep the event loop alive for this process, or not. */
  ref(): void;
  unref(): void;
}

/** One per Node environment (main thread, each worker). */
export interface Native {
  /** Start launcher and janitor if they don't run. `journal` is a path that does not exist yet. Idempotent. */
  open(options: {
    journal: string;
    onEvent: (id: number, event: LaunchEvent) => void;
    onWatch: (watch: number) => void;
  }): {
    launcherPid: number;
    janitorPid: number;
    memfd: 'memfd' | 'file';
  };
  launch(request: LaunchRequest): Launch;
  /** Put an undo program on record that belongs to no launch; the answer is what `release()` runs it by. */
  arm(program: Uint8Array): number;
  /** Run the kept undo of a launch (`keepUndo`) in the background; resolves when done. */
  release(id: number): Promise<UndoFailure | null>;
  /** Run an undo-format program in the reaper's worker thread, not journaled. */
  run(program: Uint8Array): Promise<UndoFailure | null>;
  /** The same at once, in this thread. */
  undo(program: Uint8Array): UndoFailure | null;
  /**
   * Undo what a dead owner's journal holds; nothing when its owner or janitor lives. `dryRun` only lists. `errors` has what
   * became of each program.
   */
  recover(journal: string, dryRun: boolean): { alive: boolean; programs: Uint8Array[]; errors: (UndoFailure | null)[] };
  /** pread(2) of each descriptor's file from its beginning, 16 KiB at most; null for what cannot be read. */
  readDescriptors(descriptors: readonly number[]): (string | null)[];
  /** The first 64 KiB of each file, in one go; null for one that cannot be read. */
  readFiles(paths: readonly string[]): (Buffer | null)[];
  /**
   * Send `request` to a unix(7) stream socket and take an answer of that length, with a descriptor or -1. Waits for two
   * seconds at most, which a monitor that lives never takes.
   */
  ask(path: string, request: Uint8Array): { answer: Buffer; descriptor: number };
  /** eventfd(2); the caller closes it. */
  eventfd(): number;
  /** `onWatch` hears this number each time that the descriptor becomes readable or has an exceptional condition (EPOLLPRI). */
  watch(fd: number, exceptional: boolean): number;
  /** Before the descriptor is closed. */
  unwatch(fd: number): void;
  /** fcntl(2) F_DUPFD_CLOEXEC. */
  duplicate(fd: number): number;
  /** flock(2) without waiting: false when somebody else has it. */
  lock(fd: number, shared: boolean): boolean;
  /** A pidfd of the process that was started then (field 22 of /proc/PID/stat), which the caller closes; -1 when it is gone. */
  openProcess(pid: number, start: number): number;
  /** pidfd_send_signal(2). False when the process is gone. */
  signalProcess(pidfd: number, signal: number): boolean;
  /** TIOCSWINSZ. */
  resizeTerminal(fd: number, rows: number, columns: number): void;
  /** The next system call that waits at a listener, or 'ended' when no process has its filter any more. Does not wait. */
  notification(
    listener: number,
  ): { id: bigint; pid: number; number: number; architecture: number; arguments: bigint[] } | 'ended' | null;
  /** Whether that call still waits. */
  waits(listener: number, id: bigint): boolean;
  /** False when the call waits no more. `goesOn`: the kernel does the call itself. */
  answer(listener: number, id: bigint, value: bigint, errno: number, goesOn: boolean): boolean;
  /** A copy of a descriptor of this process for the call's; its number is the value. */
  answerDescriptor(listener: number, id: bigint, descriptor: number, closeOnExec: boolean): boolean;
  /** Version of landlock(7) here; 0 without it. */
  landlock(): number;
  /** Facts for probe(). errno of a harmless try of each kernel feature; 0 is yes. */
  probe(): Record<string, number>;
  /** The raw calls of cofferdam/native, each on a dedicated thread that has unshared CLONE_FS. */
  raw: RawCalls;
}

export interface RawCalls {
  /** Run one call on a raw thread. `thread` 0 makes a new one; the answer names it. */
  call(
    thread: number,
    name: string,
    args: readonly (string | number | Uint8Array)[],
  ): Promise<{ thread: number; value: number }>;
  close(thread: number): Promise<void>;
}

const require = createRequire(import.meta.url);
let loaded: Native | undefined;

/** The addon, loaded at first use. @throws {CofferdamError} ERR_NATIVE_MISSING with the command that builds it. */
export function native(): Native {
  if (loaded) return loaded;
  const root = fileURLToPath(new URL('..', import.meta.url));
  try {
    loaded = require('node-gyp-build')(root) as Native;
  } catch (cause) {
    throw createError('ERR_NATIVE_MISSING', { platform: process.platform, arch: process.arch, root }, { cause });
  }
  return loaded;
}
