/** What a detached container wrote: the files of its log, oldest first, and what comes meanwhile. */
import { closeSync, existsSync, fstatSync, openSync, readSync, statSync, watch } from 'node:fs';
import { basename, dirname } from 'node:path';

export interface LogOptions {
  /** Go on with what comes, until the container stops. Default false. */
  follow?: boolean | undefined;
  /** Only the last so many entries of what is there. Default all. */
  tail?: number | undefined;
  /** Only what was written from then on. Default all. */
  since?: Date | undefined;
  /** Only this stream. Default both. */
  stream?: 'stdout' | 'stderr' | undefined;
  signal?: AbortSignal | undefined;
}

/** One piece of output, as it was written: a line, part of one, or several. */
export interface LogEntry {
  /** Milliseconds since the epoch, with fractions. */
  time: number;
  stream: 'stdout' | 'stderr';
  data: Buffer;
}

/** The twin of `LogHeader` in native/program/layout.h. */
const HEADER = 16;
const CHUNK = 64 * 1024;
const STREAMS = new Map([
  [1, 'stdout'],
  [2, 'stderr'],
] as const);

/** One open file of a log, read from where it was left. */
class LogFile {
  readonly descriptor: number;
  #position = 0;
  #rest = Buffer.alloc(0);

  constructor(path: string) {
    this.descriptor = openSync(path, 'r');
  }

  get inode(): number {
    return fstatSync(this.descriptor).ino;
  }

  /** The whole entries that are there and were not read yet. A last one that is being written comes later. */
  *entries(): Generator<LogEntry> {
    for (;;) {
      const chunk = Buffer.allocUnsafe(CHUNK);
      const size = readSync(this.descriptor, chunk, 0, CHUNK, this.#position);
      if (size === 0) return;
      this.#position += size;
      let bytes = Buffer.concat([this.#rest, chunk.subarray(0, size)]);
      while (bytes.length >= HEADER) {
        const length = bytes.readUInt32LE(12);
        if (bytes.length < HEADER + length) break;
        const stream = STREAMS.get(bytes.readUInt32LE(8) as 1 | 2);
        const data = bytes.subarray(HEADER, HEADER + length);
        if (stream) yield { time: Number(bytes.readBigUInt64LE(0)) / 1e6, stream, data };
        bytes = bytes.subarray(HEADER + length);
      }
      this.#rest = bytes;
    }
  }

  close(): void {
    closeSync(this.descriptor);
  }
}

/** Files of a log that are there, the oldest first. Opened at once: rotation renames them, and what is open stays. */
function openAll(path: string): LogFile[] {
  let count = 0;
  while (existsSync(`${path}.${count + 1}`)) count++;
  const files: LogFile[] = [];
  for (let number = count; number >= 0; number--)
    try {
      files.push(new LogFile(number === 0 ? path : `${path}.${number}`));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  return files;
}

/** The files that came after one, which rotation has renamed since; all that are there when it is gone. */
function openSuccessors(path: string, inode: number | undefined): LogFile[] {
  const files = openAll(path);
  const at = files.findIndex((file) => file.inode === inode);
  for (const file of files.splice(0, at + 1)) file.close();
  return files;
}

/** @param ended the end of the container that writes it; undefined when it does not run */
export async function* readLog(
  path: string,
  { follow = false, tail, since, stream, signal }: LogOptions,
  ended: () => Promise<unknown> | undefined,
): AsyncGenerator<LogEntry, void, void> {
  signal?.throwIfAborted();
  const from = since?.getTime() ?? 0;
  const wanted = (entry: LogEntry) => (stream === undefined || entry.stream === stream) && entry.time >= from;
  const changes = follow ? new Changes(path, signal) : undefined;
  const files = openAll(path);
  try {
    const over = follow ? ended() : undefined;
    if (over) changes?.endWith(over);
    if (tail !== undefined) {
      const last: LogEntry[] = [];
      for (const file of files)
        for (const entry of file.entries()) {
          if (!wanted(entry)) continue;
          last.push(entry);
          if (last.length > tail) last.shift();
        }
      yield* last;
    } else {
      for (const file of files) for (const entry of file.entries()) if (wanted(entry)) yield entry;
    }
    while (changes) {
      const more = over !== undefined && (await changes.next());
      signal?.throwIfAborted();
      for (;;) {
        const current = files.at(-1);
        if (current) for (const entry of current.entries()) if (wanted(entry)) yield entry;
        // A file that has got another name is whole: the next one has the name now.
        const inode = statSync(path, { throwIfNoEntry: false })?.ino;
        if (inode === undefined || inode === current?.inode) break;
        if (current) for (const entry of current.entries()) if (wanted(entry)) yield entry;
        const next = openSuccessors(path, current?.inode);
        for (const file of files.splice(0)) file.close();
        files.push(...next);
        for (const file of next.slice(0, -1)) for (const entry of file.entries()) if (wanted(entry)) yield entry;
      }
      if (!more) return;
    }
  } finally {
    changes?.close();
    for (const file of files) file.close();
  }
}

/** Tells that a log may have grown: inotify(7) on its directory. */
class Changes {
  readonly #watcher;
  readonly #signal: AbortSignal | undefined;
  #changed = false;
  #over = false;
  #wake: () => void = () => {};
  readonly #onAbort = () => this.#wake();

  constructor(path: string, signal: AbortSignal | undefined) {
    const name = basename(path);
    this.#watcher = watch(dirname(path), (_, changed) => {
      if (changed !== null && changed !== name) return;
      this.#changed = true;
      this.#wake();
    });
    // The directory of an ephemeral container goes with it.
    this.#watcher.on('error', () => {});
    this.#signal = signal;
    signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  endWith(ended: Promise<unknown>): void {
    void ended.then(() => {
      this.#over = true;
      this.#wake();
    });
  }

  /** After the next change; false when there will be no other. */
  async next(): Promise<boolean> {
    while (!this.#changed && !this.#over && !this.#signal?.aborted)
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    this.#changed = false;
    return !this.#over;
  }

  close(): void {
    this.#watcher.close();
    this.#signal?.removeEventListener('abort', this.#onAbort);
  }
}
