/** The terminal of a detached container, for whichever program wants to sit at it. */
import { closeSync, openSync } from 'node:fs';
import { Duplex } from 'node:stream';
import { ReadStream } from 'node:tty';
import { createError } from '../errors.ts';
import type { LogEntry } from '../io/logs.ts';
import { native } from '../native.ts';
import { normalizeWindow } from '../options/index.ts';
import { controlPath, encodeControl, readAnswer } from '../state/control.ts';
import { placesOf } from '../state/places.ts';
import { statusOf } from '../state/status.ts';

/** The first process of the present run, by which runs are told apart. */
function runOf(name: string): string {
  const { pid = 0, start = 0 } = statusOf(name)?.first ?? {};
  return `${pid}:${start}`;
}

/** A descriptor of the master, for the caller; its monitor keeps its own. */
function masterOf(name: string): number {
  let directory: number | undefined;
  let answered: { answer: Buffer; descriptor: number };
  try {
    directory = openSync(placesOf(name).directory, 'r');
    answered = native().ask(controlPath(directory), encodeControl('terminal'));
  } catch (cause) {
    throw createError('ERR_MONITOR', { id: name, problem: 'does not answer', hint: 'spawn() needs none' }, { cause });
  } finally {
    if (directory !== undefined) closeSync(directory);
  }
  readAnswer(name, answered.answer);
  if (answered.descriptor >= 0) return answered.descriptor;
  throw createError('ERR_CONTAINER_STATE', {
    action: 'sit at the terminal of',
    id: name,
    state: 'running without one',
    needed: 'started with tty: true',
  });
}

/**
 * What is written is typed; what is read is the screen, from the log: several programs may sit at one terminal, and each
 * sees all of it. Closing it leaves the container alone; it ends when the container does.
 */
export class Console extends Duplex {
  readonly #name: string;
  /** Of which run the terminal is: after a restart there is another one. */
  #run = '';
  #master = -1;
  #size: { rows: number; columns: number } | undefined;
  /** Only written to: what it would read is the monitor's, for the log. A tty.WriteStream would make it block. */
  #keys: ReadStream;
  readonly #screen: AsyncIterator<LogEntry>;
  readonly #gone = new AbortController();
  /** Asked for at once, so that nothing is missed that comes before somebody reads. */
  #next: Promise<IteratorResult<LogEntry>>;
  #reading = false;

  /** @param follow the log from now on, until the container stops or the signal is aborted */
  constructor(name: string, follow: (signal: AbortSignal) => AsyncIterator<LogEntry>) {
    super();
    this.#name = name;
    this.#keys = this.#sit();
    this.#screen = follow(this.#gone.signal);
    this.#next = this.#screen.next();
    this.#next.catch(() => {});
  }

  #sit(): ReadStream {
    this.#run = runOf(this.#name);
    this.#master = masterOf(this.#name);
    const keys = new ReadStream(this.#master);
    // The container has ended: what is typed is for nobody.
    keys.on('error', () => {});
    if (this.#size) native().resizeTerminal(this.#master, this.#size.rows, this.#size.columns);
    return keys;
  }

  /** The window's size, for all who sit at it. @throws {RangeError} for a size that a window cannot have */
  resize(size: { rows: number; columns: number }): void {
    this.#size = normalizeWindow(size);
    if (this.destroyed || this.#keys.destroyed) return;
    native().resizeTerminal(this.#master, this.#size.rows, this.#size.columns);
  }

  override _read(): void {
    if (this.#reading) return;
    this.#reading = true;
    void this.#take();
  }

  async #take(): Promise<void> {
    try {
      for (let more = true; more; ) {
        const { done, value } = await this.#next;
        if (!done) this.#next = this.#screen.next();
        more = this.push(done ? null : value.data) && !done;
      }
      // What the promise says that nobody waits for yet.
      this.#next.catch(() => {});
    } catch (error) {
      if (!this.destroyed) this.destroy(error as Error);
    } finally {
      this.#reading = false;
    }
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: () => void): void {
    // The terminal of an earlier run takes what is typed without a word.
    if (runOf(this.#name) !== this.#run) this.#sitAgain();
    if (this.#keys.destroyed) callback();
    else this.#keys.write(chunk, () => callback());
  }

  #sitAgain(): void {
    this.#keys.destroy();
    try {
      this.#keys = this.#sit();
    } catch {
      // It has ended, or is about to begin again: the next key finds it.
      this.#run = '';
    }
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#gone.abort();
    this.#keys.destroy();
    callback(error);
  }
}
