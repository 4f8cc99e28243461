/** This side of a process's standard streams, as Node streams. */
import { closeSync, readSync } from 'node:fs';
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

  readonly #rest: (() => Buffer[]) | undefined;

  /** @param rest what the source has left unread at its end */
  constructor(source: Readable, into: Readable, rest?: () => Buffer[]) {
    this.#source = source;
    this.#into = into;
    this.#rest = rest;
    source.on('data', (chunk: Buffer) => {
      if (!into.push(chunk) && !this.#ending) source.pause();
    });
    // With a rest, the end is known only at the process's: see Terminal.
    const end = rest ? () => {} : () => this.#end();
    source.once('end', end);
    source.once('close', end);
    // A pty's master says EIO when the last process has closed the terminal: its end of file (pty(7)).
    source.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EIO') end();
      else into.destroy(error);
    });
    source.pause();
  }

  resume(): void {
    this.#source.resume();
  }

  /** Whether the source keeps the event loop alive. */
  hold(alive: boolean): void {
    const socket = this.#source as Socket;
    if (alive) socket.ref();
    else socket.unref();
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#into.push(null);
  }

  /** Take what is left, at most for `milliseconds`; then, where somebody is reading, wait until it was read. */
  async finish(milliseconds: number): Promise<void> {
    this.#ending = true;
    if (!this.#ended && !this.#source.readableEnded && !this.#source.destroyed && !this.#into.destroyed)
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
    if (!this.#into.destroyed) for (const chunk of this.#rest?.() ?? []) this.#into.push(chunk);
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

  ref(): void {
    this.#intake.hold(true);
  }

  unref(): void {
    this.#intake.hold(false);
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

/**
 * The master of a process's pseudo-terminal: what is written is typed, what is read is the screen.
 *
 * libuv takes POLLHUP after a short read for the end of a stream, and a pty gives 4095 bytes at most at a time: what is
 * left in it would be lost. Therefore a second descriptor of the master stays until the process's end, and is read to its
 * own end then.
 */
export class Terminal extends Duplex {
  readonly #tty: ReadStream;
  readonly #intake: Intake;
  /** -1 once closed. */
  #master: number;

  constructor(fd: number) {
    super();
    this.#master = native().duplicate(fd);
    this.#tty = new ReadStream(fd);
    this.#intake = new Intake(this.#tty, this, () => this.#drain());
  }

  #drain(): Buffer[] {
    const chunks: Buffer[] = [];
    if (this.#master < 0) return chunks;
    try {
      for (;;) {
        const buffer = Buffer.allocUnsafe(4096);
        const size = readSync(this.#master, buffer);
        if (size === 0) break;
        chunks.push(buffer.subarray(0, size));
      }
    } catch {
      // EIO: nobody has the terminal open any more. EAGAIN: somebody has, and wrote nothing.
    }
    this.#close();
    return chunks;
  }

  #close(): void {
    if (this.#master >= 0) closeSync(this.#master);
    this.#master = -1;
  }

  /** Tell the processes on the terminal that its window has a new size (TIOCSWINSZ, SIGWINCH). */
  resize(rows: number, columns: number): void {
    if (this.#master >= 0) native().resizeTerminal(this.#master, rows, columns);
  }

  ref(): void {
    this.#intake.hold(true);
  }

  unref(): void {
    this.#intake.hold(false);
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

  /** `.end()` is what Ctrl-D is: end of file, once the line is empty (termios(3), VEOF). */
  override _final(callback: (error?: Error | null) => void): void {
    if (this.#tty.destroyed) callback();
    else this.#tty.write('\x04', () => callback());
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#tty.destroy();
    this.#close();
    callback(error);
  }
}
