/** This side of a process's standard streams, as Node streams. */
import { Socket } from 'node:net';
import { Duplex, Readable, type Writable } from 'node:stream';
import { ReadStream } from 'node:tty';
import { native } from '../native.ts';

/**
 * What a process writes. Back-pressure holds while the process lives; at its end the rest of the pipe (64 KiB at most) is
 * taken into memory, so that a slow reader loses nothing and a background process that holds the pipe open keeps
 * nobody waiting.
 */
export class Output extends Readable {
  readonly #source: Readable;
  #ending = false;

  constructor(source: Readable) {
    super();
    this.#source = source;
    source.on('data', (chunk: Buffer) => {
      if (!this.push(chunk) && !this.#ending) source.pause();
    });
    source.on('end', () => this.push(null));
    // A pty's master says EIO when the last process has closed the terminal: its end of file (pty(7)).
    source.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EIO') this.push(null);
      else this.destroy(error);
    });
    source.pause();
  }

  /** Take what is left, at most for `milliseconds`. */
  finish(milliseconds: number): Promise<void> {
    this.#ending = true;
    if (this.destroyed || this.readableEnded || this.#source.readableEnded || this.#source.destroyed) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(() => {
        this.#source.destroy();
        this.push(null);
        done();
      }, milliseconds);
      this.#source.once('end', done).once('error', done).once('close', done);
      this.#source.resume();
    });
  }

  override _read(): void {
    this.#source.resume();
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
  readonly #output: Output;

  constructor(fd: number) {
    super({ allowHalfOpen: true });
    this.#fd = fd;
    this.#tty = new ReadStream(fd);
    this.#output = new Output(this.#tty);
    this.#output.on('data', (chunk) => {
      if (!this.push(chunk)) this.#output.pause();
    });
    this.#output.on('end', () => this.push(null));
    this.#output.on('error', (error) => this.destroy(error));
    this.#output.pause();
  }

  /** Tell the processes on the terminal that its window has a new size (TIOCSWINSZ, SIGWINCH). */
  resize(rows: number, columns: number): void {
    if (!this.destroyed) native().resizeTerminal(this.#fd, rows, columns);
  }

  finish(milliseconds: number): Promise<void> {
    return this.#output.finish(milliseconds);
  }

  override _read(): void {
    this.#output.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.#tty.write(chunk, (error) => callback((error as NodeJS.ErrnoException | null)?.code === 'EIO' ? null : error));
  }

  override _final(callback: (error?: Error | null) => void): void {
    callback();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#tty.destroy();
    callback(error);
  }
}
