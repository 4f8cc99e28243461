/** From a launch that is prepared to the process that it makes: what to ask of the addon, and what its answers mean. */
import { Readable } from 'node:stream';
import { describeErrno } from '../errors.ts';
import { explainRootfs } from '../launch/check.ts';
import { hookFailure } from '../launch/hooks.ts';
import { exitStatus, signalName } from '../launch/outcome.ts';
import type { Prepared } from '../launch/prepare.ts';
import { type Attach, type Launching, Process } from '../launch/process.ts';
import { networkFailure } from '../network/failure.ts';
import type { NormalizedRun, NormalizedStart } from '../options/index.ts';
import { launchError } from '../program/failure.ts';
import { decodeTrace } from '../program/trace.ts';
import { anySignal } from './any-signal.ts';
import { warnOfLeftovers } from './leftovers.ts';
import type { Life } from './life.ts';
import { inputOf, nativeStdio } from './streams.ts';

/** @param attach how the process is come by, see `Process` */
export function requestLaunch(
  life: Life,
  prepared: Prepared,
  start: NormalizedStart | NormalizedRun,
  descriptors: readonly number[],
  attach?: Attach,
): Process {
  const { program, undo, atExit, exitFiles, explain } = prepared;
  const collected = 'maxBuffer' in start ? start : undefined;
  const launching: Launching = {
    request: {
      program,
      stdio: nativeStdio(start),
      descriptors,
      exitFiles,
      ...(undo && { undo }),
      ...(atExit && { atExit }),
      ...(collected && { maxBuffer: collected.maxBuffer, timeout: collected.timeout }),
      ...inputOf(collected),
    },
    signal: anySignal(start.signal, life.signal),
    notify: start.process.seccomp === 'unconfined' ? undefined : start.process.seccomp.notify,
    records: (records) => {
      life.trace = () => {
        const { operations, slots } = explain();
        return decodeTrace(records, operations, slots);
      };
    },
    failure: ({ errno, step, killed, signal }, messages) => {
      const { operations, slots } = explain();
      return (
        (killed ? undefined : hookFailure(operations[step], describeErrno(errno).code, messages)) ??
        (killed ? undefined : networkFailure(operations[step], describeErrno(errno).code, messages)) ??
        explainRootfs(life.options, describeErrno(errno).code, killed ? undefined : operations[step]) ??
        launchError({
          errno,
          step,
          operations,
          slots,
          ...(killed && { killedBy: signalName(signal || 9), byCaller: life.killed }),
          memoryLimit: life.options.resources.memory,
        })
      );
    },
    status: (event, aborted) => {
      if (undo && event.undoError) warnOfLeftovers(life.id, event.undoError, undo);
      const usage = prepared.usage(event.exitFiles);
      if (undo) life.oomKills = usage.oomKills;
      return exitStatus(event, usage, aborted);
    },
  };
  const process = new Process(launching, attach);
  const stream = collected?.input instanceof Readable && process.stdin ? collected.input : undefined;
  // What a launch has read that is then tried again would be lost.
  if (stream && life.attachment) void process.started.then(() => process.feed(stream)).catch(() => {});
  else if (stream) process.feed(stream);
  return process;
}
