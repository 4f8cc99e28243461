/**
 * The floor: what the kernel takes. C programs (../floor) do the system calls of a launch and of an exec, and time them
 * themselves, so that no process creation of Node's is in their figures.
 */
import { type ChildProcessByStdio, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Batch, Timing } from './environment.ts';

export const SOURCES = fileURLToPath(new URL('../floor', import.meta.url));
const SHARED = ['measure.c', 'command.c', 'groups.c'];

export const CFLAGS = ['-std=gnu17', '-O2', '-static'] as const;

/** Compile `launch`, `exec` and `shell` into a directory. */
export function buildFloor(directory: string): void {
  for (const name of ['launch', 'exec', 'shell']) {
    const sources = [`${name}.c`, ...SHARED].map((file) => join(SOURCES, file));
    execFileSync('cc', [...CFLAGS, '-o', join(directory, name), ...sources], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  }
}

/** A line of nanoseconds: the whole, then each. */
export function parseTimings(line: string, count: number): Timing {
  const words = line.trim().split(' ');
  if (words.length !== count + 1 || words.some((word) => !/^\d+$/.test(word)))
    throw new Error(`floor: expected ${count + 1} numbers, got '${line.slice(0, 80)}'`);
  const [total = 0, ...samples] = words.map((word) => Number(word) / 1e6);
  return { total, samples };
}

/** One of the programs, waiting for batches; it ends when its standard input does. */
export class FloorProgram {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string>;
  readonly #ended: Promise<unknown>;

  /** @param command The program with its arguments, and what may stand before it. */
  constructor(command: readonly string[]) {
    const [file = '', ...words] = command;
    // A session of its own: Ctrl-C is for the benchmark, which lets a batch end and cleans up.
    this.#child = spawn(file, words, { stdio: ['pipe', 'pipe', 'inherit'], detached: true });
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
    // Where it failed, the batch without an answer says so.
    this.#ended = once(this.#child, 'close').catch(() => {});
    this.#child.stdin.on('error', () => {});
  }

  get pid(): number {
    return this.#child.pid as number;
  }

  readonly timed = async ({ count, atOnce }: Batch): Promise<Timing> => {
    this.#child.stdin.write(`${count} ${atOnce}\n`);
    const { value, done } = await this.#lines.next();
    if (done) throw new Error('floor: the C program ended before its time');
    return parseTimings(value, count);
  };

  async close(): Promise<void> {
    this.#child.stdin.end();
    await this.#ended;
  }
}
