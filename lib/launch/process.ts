/** A launched process: its streams, its end, its signals. */
import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { constants } from 'node:os';
import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { publishNotifyFailure } from '../diagnostics.ts';
import { createError } from '../errors.ts';
import { inputStream, type Output, outputStream, Terminal } from '../io/streams.ts';
import type { Launch, LaunchEvent, LaunchRequest } from '../native.ts';
import { normalizeWindow } from '../options/index.ts';
import { Notifier } from '../security/seccomp/notify.ts';
import { LISTENER_TAG } from '../security/seccomp/operations.ts';
import type { NotifySettings } from '../security/seccomp/types.ts';
import { MESSAGES_TAG, takeText } from './helper.ts';
import { launch, watchDescriptor } from './launcher.ts';
import type { ExitStatus } from './outcome.ts';

/** After the end of a process: how long its pipes may stay open for a background process that holds them, ms. */
const DRAIN = 100;
const TERMINAL_TAG = 1;

/** What a process needs to know of the launch that makes it. */
export interface Launching {
  request: LaunchRequest;
  /** The error that a failed launch is. */
  failure(event: Extract<LaunchEvent, { type: 'failed' }>, messages?: string): Error;
  /** Sees the records of the launch, whether it failed or not. */
  records?(records: Uint8Array): void;
  /** The status that the end of the process is. */
  status(event: Extract<LaunchEvent, { type: 'exited' }>, aborted: boolean): ExitStatus;
  signal?: AbortSignal | undefined;
  /** Who answers the system calls that its filter notifies. */
  notify?: NotifySettings | undefined;
}

/** Gets the process of a request going, or finds one that goes already; `listener` hears what the addon would tell of it. */
export type Attach = (request: LaunchRequest, listener: (event: LaunchEvent) => void) => Launch;

/** A promise settled from outside; Promise.withResolvers() is not in Node 20. */
class Deferred<Value> {
  resolve!: (value: Value) => void;
  reject!: (reason: unknown) => void;
  readonly promise = new Promise<Value>((resolve, reject) => {
    this.resolve = resolve;
    this.reject = reject;
  });
}

export interface ProcessEvents {
  /** The process has ended and all that it wrote can be read. */
  exit: [status: ExitStatus];
}

/** What a pipe says whose reader is gone. */
const NOT_READ = new Set(['EPIPE', 'ECONNRESET', 'ERR_STREAM_PREMATURE_CLOSE', 'ERR_STREAM_DESTROYED', 'ABORT_ERR']);

/** Passes text and bytes on; anything else cannot be written to a pipe. */
async function* onlyBytes(chunks: AsyncIterable<unknown>): AsyncGenerator<string | Uint8Array> {
  for await (const chunk of chunks) {
    if (typeof chunk !== 'string' && !(chunk instanceof Uint8Array))
      throw createError('ERR_INVALID_OPTION_TYPE', {
        option: 'input',
        expected: 'a stream of strings or Uint8Arrays',
        actual: `a chunk of type ${typeof chunk}`,
        hint: 'turn objects into text first',
      });
    yield chunk;
  }
}

/** A process in a container, as `start()` and `spawn()` give it. */
export class Process extends EventEmitter<ProcessEvents> {
  /** Standard input; null unless a pipe. `.end()` is end of file. */
  readonly stdin: Writable | null;
  /** Standard output; null unless a pipe. */
  readonly stdout: Output | null;
  /** Standard error; null unless a pipe. */
  readonly stderr: Output | null;
  /** The pseudo-terminal's master; null without `tty`. */
  terminal: Terminal | null = null;
  /** Resolves when the process has ended and its output was taken; never rejects. */
  readonly exited: Promise<ExitStatus>;
  /** The addon's own end-of-process event; what `run()` reads collected output from. */
  ended: Extract<LaunchEvent, { type: 'exited' }> | undefined;

  /** Why `feed()` could not go on. */
  inputError: unknown;

  readonly #launch: Launch;
  readonly #launching: Launching;
  #pid: number | undefined;
  #aborted = false;
  readonly #started = new Deferred<void>();
  readonly #exit = new Deferred<ExitStatus>();
  #onAbort: (() => void) | undefined;
  #notifier: Notifier | undefined;
  /** What a program of the host wrote before it failed. */
  #messages: string | undefined;

  constructor(launching: Launching, attach: Attach = launch) {
    super();
    this.#launching = launching;
    this.exited = this.#exit.promise;
    // A failed launch is reported by whoever awaits `started`; nobody has to.
    this.#started.promise.catch(() => {});
    this.#launch = attach(launching.request, (event) => this.#hear(event));
    const [stdin, stdout, stderr] = this.#launch.fds;
    this.stdin = stdin >= 0 ? inputStream(stdin) : null;
    this.stdout = stdout >= 0 ? outputStream(stdout) : null;
    this.stderr = stderr >= 0 ? outputStream(stderr) : null;
    const { signal } = launching;
    if (signal) {
      this.#onAbort = () => {
        this.#aborted = true;
        this.#launch.killGroup();
      };
      signal.addEventListener('abort', this.#onAbort, { once: true });
    }
  }

  /** Resolves when the command was executed, rejects when the launch failed. */
  get started(): Promise<void> {
    return this.#started.promise;
  }

  /** Why the AbortSignal ended it, if it did. */
  get abortReason(): unknown {
    return this.#launching.signal?.reason;
  }

  /** The process's pid in this program's pid namespace; undefined before it started. */
  get pid(): number | undefined {
    return this.#pid;
  }

  /**
   * Send a signal, by name or number; default SIGTERM. A process that has ended is no error: false. The first process of
   * a pid namespace gets only those it handles, and SIGKILL and SIGSTOP (pid_namespaces(7)).
   * @throws {RangeError} for an unknown signal
   */
  kill(signal: NodeJS.Signals | number = 'SIGTERM'): boolean {
    return this.#launch.kill(signalNumber(signal));
  }

  /** Give the terminal's window a new size. @throws {RangeError} for a size that a window cannot have */
  resize(size: { rows: number; columns: number }): void {
    const { rows, columns } = normalizeWindow(size);
    this.terminal?.resize(rows, columns);
  }

  /**
   * Feed `input` to standard input, and end it. A process that ends without reading its input is not the input's failure;
   * input that fails is: the process is killed, since it would take the part for the whole.
   */
  feed(input: Readable): void {
    pipeline(input, onlyBytes, this.stdin as Writable).catch((error: NodeJS.ErrnoException) => {
      if (NOT_READ.has(error.code ?? '')) return;
      this.inputError = error;
      this.#launch.killGroup();
    });
  }

  /** Let this program end although the process runs; see `ChildProcess.unref()`. */
  unref(): void {
    for (const stream of [this.stdin as Socket | null, this.stdout, this.stderr, this.terminal]) stream?.unref();
    this.#launch.unref();
  }

  /** Undo `unref()`. */
  ref(): void {
    for (const stream of [this.stdin as Socket | null, this.stdout, this.stderr, this.terminal]) stream?.ref();
    this.#launch.ref();
  }

  /** A descriptor of the process, which the caller closes; -1 when it has ended. */
  pidfd(): number {
    return this.#launch.pidfd();
  }

  #hear(event: LaunchEvent): void {
    switch (event.type) {
      case 'descriptor':
        if (event.tag === TERMINAL_TAG) this.terminal = new Terminal(event.fd);
        else if (event.tag === LISTENER_TAG) this.#notify(event.fd);
        else if (event.tag === MESSAGES_TAG) this.#messages = takeText(event.fd);
        return;
      case 'started':
        this.#pid = event.pid;
        this.#launching.records?.(event.records);
        this.#started.resolve();
        return;
      case 'failed':
        this.#stopListening();
        this.#notifier?.close();
        this.#launching.records?.(event.records);
        for (const stream of [this.stdin, this.stdout, this.stderr, this.terminal]) stream?.destroy();
        // A kill of ours has a reason of ours.
        this.#started.reject(
          this.#aborted
            ? this.#launching.signal?.reason
            : (this.inputError ?? this.#launching.failure(event, this.#messages)),
        );
        return;
      case 'exited':
        this.ended = event;
        void this.#end(event);
        return;
    }
  }

  async #end(event: Extract<LaunchEvent, { type: 'exited' }>): Promise<void> {
    this.#stopListening();
    this.stdin?.destroy();
    const outputs = [this.stdout, this.stderr, this.terminal].filter((stream) => stream !== null);
    if (outputs.length > 0) await Promise.all(outputs.map((output) => output.finish(DRAIN)));
    const status = this.#launching.status(event, this.#aborted);
    this.#exit.resolve(status);
    this.emit('exit', status);
  }

  /** Its children have the filter, too: it is served until the last of them is gone. */
  #notify(listener: number): void {
    const { notify } = this.#launching;
    if (notify) this.#notifier = new Notifier(listener, notify, watchDescriptor, publishNotifyFailure);
  }

  #stopListening(): void {
    if (this.#onAbort) this.#launching.signal?.removeEventListener('abort', this.#onAbort);
  }
}

/** @throws {RangeError} for a signal that Linux does not have */
export function signalNumber(signal: NodeJS.Signals | number): number {
  if (typeof signal === 'number' && Number.isInteger(signal) && signal >= 0 && signal <= 64) return signal;
  const number = constants.signals[signal as NodeJS.Signals];
  if (number === undefined)
    throw createError('ERR_INVALID_OPTION_VALUE', {
      option: 'signal',
      problem: 'must be a signal name or a number from 0 to 64',
      actual: String(signal),
      hint: 'see signal(7)',
    });
  return number;
}
