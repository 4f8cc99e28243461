/** What the options of a process say of its standard streams, and what comes out of them in the end. */
import { Readable } from 'node:stream';
import { createError } from '../errors.ts';
import type { RunResult } from '../launch/outcome.ts';
import type { Process } from '../launch/process.ts';
import type { LaunchEvent, NativeStdio } from '../native.ts';
import type { NormalizedRun, NormalizedStart } from '../options/index.ts';
import type { StdioOption } from '../options/types.ts';

/** A stream of this program itself, by its descriptor. */
const nativeStream = (option: StdioOption, descriptor: number): NativeStdio =>
  option === 'inherit' ? descriptor : option;

export function nativeStdio(start: NormalizedStart | NormalizedRun): readonly [NativeStdio, NativeStdio, NativeStdio] {
  if (start.process.tty) return ['ignore', 'ignore', 'ignore'];
  if ('stdio' in start) {
    const [stdin, stdout, stderr] = start.stdio;
    return [nativeStream(stdin, 0), nativeStream(stdout, 1), nativeStream(stderr, 2)];
  }
  return [start.input === undefined ? 'ignore' : 'pipe', 'collect', 'collect'];
}

/** Bits of the streams that are pipes made for the process. */
export const ownStreams = (start: NormalizedStart | NormalizedRun): number =>
  nativeStdio(start).reduce<number>(
    (bits, each, index) => (each === 'pipe' || each === 'collect' ? bits | (1 << index) : bits),
    0,
  );

/** Input that the addon feeds by itself; a stream is piped. */
export function inputOf(run: NormalizedRun | undefined): { input: Uint8Array } | undefined {
  const input = run?.input;
  if (input === undefined || input instanceof Readable) return undefined;
  return { input: typeof input === 'string' ? Buffer.from(input) : input };
}

/** The result of a process whose output the addon collected. */
export async function collect(process: Process, run: NormalizedRun): Promise<RunResult | RunResult<Buffer>> {
  const status = await process.exited;
  const ended = process.ended as Extract<LaunchEvent, { type: 'exited' }>;
  if (status.aborted) throw process.abortReason;
  if (process.inputError !== undefined) throw process.inputError;
  if (ended.outputExceeded)
    throw createError('ERR_OUTPUT_EXCEEDED', { limit: run.maxBuffer, stream: 'stdout or stderr' });
  const stdout = Buffer.from(ended.stdout ?? []);
  const stderr = Buffer.from(ended.stderr ?? []);
  if (run.encoding === 'buffer') return { ...status, stdout, stderr };
  return { ...status, stdout: stdout.toString(run.encoding), stderr: stderr.toString(run.encoding) };
}
