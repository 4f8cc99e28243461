/** This side of a process's standard streams, as Node streams. */
import { Socket } from 'node:net';
import { Duplex, Readable, type Writable } from 'node:stream';
import { ReadStream } from 'node:tty';
import { native } from '../native.ts';

/**
 * What a process writes, on its way into a stream. Back-pressure holds while the process lives; at its end the rest of the
 * pipe (64 KiB at most) is taken into memory, so that a slow reader loses nothing and a background process that holds
 * the pipe open keeps nobody waiting.
 */
class Intake {
  readonly #source: Readable;
  readonly #into: Readable;
  #ending = false;
  #ended = false;

  constructor(source: Readable, into: Readable) {
    this.#source = source;
    this.#into = into;
    source.on('data', (chunk: Buffer) => {
      if (!into.push(chunk) && !this.#ending) source.pause();
    });
    source.once('end', () => this.#end());
    source.once('close', () => this.#end());
    // A pty's master says EIO when the last process has closed the terminal: its end of file (pty(7)).
    source.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EIO') this.#end();
      else into.destroy(error);
    });
    source.pause();
  }

  resume(): void {
    this.#source.resume();
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#into.push(null);
  }

  /** Take what is left, at most for `milliseconds`; then, where somebody is reading, wait until it was read. */
  async finish(milliseconds: number): Promise<void> {
    this.#ending = true;
    if (!this.#ended && !this.#into.destroyed)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, milliseconds);
        const done = () => {
          clearTimeout(timer);
          resolve();
        };
        this.#source.once('end', done).once('error', done).once('close', done);
        this.#source.resume();
      });
    this.#source.destroy();
    this.#end();
    if (this.#into.readableFlowing !== true || this.#into.readableEnded || this.#into.destroyed) return;
    await new Promise<void>((resolve) => {
      this.#into.once('end', resolve).once('close', resolve).once('pause', resolve);
    });
  }
}

/** A process's standard output or standard error. */
export class Output extends Readable {
  readonly #source: Readable;
  readonly #intake: Intake;

  constructor(source: Readable) {
    super();
    this.#source = source;
    this.#intake = new Intake(source, this);
  }

  /** At the process's end: take what is left. */
  finish(milliseconds: number): Promise<void> {
    return this.#intake.finish(milliseconds);
  }

  override _read(): void {
    this.#intake.resume();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#source.destroy();
    callback(error);
  }
}

/** The process's output on the read end `fd` of a pipe; owns the descriptor. */
export function outputStream(fd: number): Output {
  return new Output(new Socket({ fd, readable: true, writable: false }));
}

/** The process's standard input on the write end `fd` of a pipe; owns the descriptor. `.end()` is end of file. */
export function inputStream(fd: number): Writable {
  return new Socket({ fd, readable: false, writable: true });
}

/** The master of a process's pseudo-terminal: what is written is typed, what is read is the screen. */
export class Terminal extends Duplex {
  readonly #fd: number;
  readonly #tty: ReadStream;
  readonly #intake: Intake;

  constructor(fd: number) {
    super();
    this.#fd = fd;
    this.#tty = new ReadStream(fd);
    this.#intake = new Intake(this.#tty, this);
  }

  /** Tell the processes on the terminal that its window has a new size (TIOCSWINSZ, SIGWINCH). */
  resize(rows: number, columns: number): void {
    if (!this.#tty.destroyed) native().resizeTerminal(this.#fd, rows, columns);
  }

  /** At the process's end: take what is left on the screen. */
  finish(milliseconds: number): Promise<void> {
    return this.#intake.finish(milliseconds);
  }

  override _read(): void {
    this.#intake.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    // Nobody is left to read what is typed: no error of the typist's.
    this.#tty.write(chunk, (error) => callback((error as NodeJS.ErrnoException | null)?.code === 'EIO' ? null : error));
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#tty.destroy();
    callback(error);
  }
}
