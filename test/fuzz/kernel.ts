/** The kernel's own word on a filter: whether it takes it, and what it then answers to calls that change nothing. */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Calls whose results are above zero, whatever their arguments are. */
export const HARMLESS = ['getpid', 'gettid', 'getppid'] as const;

/** Of kernel.c. */
export const MOST_CALLS = 16;
export const KILLED = -(2n ** 63n);

export interface Call {
  number: number;
  args: readonly bigint[];
}

export interface Kernel {
  /** @returns an error's number or 0; what each call came to: a value, a negative error, or KILLED */
  ask(filter: Uint8Array, calls: readonly Call[]): Promise<{ loaded: bigint; results: bigint[] }>;
}

/** kernel.c, built and started; it ends with this program. */
export function startKernel(): Kernel {
  const directory = mkdtempSync(join(tmpdir(), 'cofferdam-fuzz-'));
  const program = join(directory, 'kernel');
  execFileSync('cc', [
    '-O1',
    '-Wall',
    '-Wextra',
    '-Werror',
    '-o',
    program,
    new URL('kernel.c', import.meta.url).pathname,
  ]);
  const child = spawn(program, { stdio: ['pipe', 'pipe', 'inherit'] });
  process.once('exit', () => rmSync(directory, { recursive: true }));
  const answers = child.stdout.iterator({ destroyOnReturn: false });
  let held = Buffer.alloc(0);

  const take = async (size: number): Promise<Buffer> => {
    while (held.length < size) {
      const { value, done } = await answers.next();
      if (done) throw new Error(`kernel.c ended with ${child.exitCode ?? child.signalCode}`);
      held = Buffer.concat([held, value]);
    }
    const taken = held.subarray(0, size);
    held = held.subarray(size);
    return taken;
  };

  return {
    async ask(filter, calls) {
      const head = new Uint32Array([filter.byteLength / 8, calls.length]);
      const words = new BigUint64Array(calls.flatMap(({ number, args }) => [BigInt(number), ...args]));
      child.stdin.write(
        Buffer.concat(
          [head, filter, words].map((part) => new Uint8Array(part.buffer, part.byteOffset, part.byteLength)),
        ),
      );
      const answer = await take(8 * (1 + MOST_CALLS));
      return {
        loaded: answer.readBigInt64LE(),
        results: calls.map((_, index) => answer.readBigInt64LE(8 * (1 + index))),
      };
    },
  };
}
