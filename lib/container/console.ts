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
  #master = -1;
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
    this.#master = masterOf(this.#name);
    const keys = new ReadStream(this.#master);
    // Whoever types is told, see _write().
    keys.on('error', () => {});
    return keys;
  }

  /** The window's size, for all who sit at it. @throws {RangeError} for a size that a window cannot have */
  resize(size: { rows: number; columns: number }): void {
    const { rows, columns } = normalizeWindow(size);
    if (!this.destroyed && !this.#keys.destroyed) native().resizeTerminal(this.#master, rows, columns);
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
    this.#keys.write(chunk, (error) => {
      if (error) this.#typeAgain(chunk);
      callback();
    });
  }

  /** Nobody has it open any more: after a reboot there is another one, else nobody is left to read what is typed. */
  #typeAgain(chunk: Buffer): void {
    if (this.destroyed) return;
    try {
      this.#keys.destroy();
      this.#keys = this.#sit();
      this.#keys.write(chunk);
    } catch {
      // The container has ended.
    }
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#gone.abort();
    this.#keys.destroy();
    callback(error);
  }
}
