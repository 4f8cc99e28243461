/** `exec()` and `spawn()`: further processes in a container that runs. */
import { closeSync } from 'node:fs';
import { prepareExec } from '../launch/prepare.ts';
import type { Process } from '../launch/process.ts';
import { endTurn, takeTurn } from '../launch/turns.ts';
import type { NormalizedRun, NormalizedStart } from '../options/index.ts';
import type { LaunchNames } from '../program/names.ts';
import type { Life } from './life.ts';
import { requestLaunch } from './request.ts';
import { ownStreams } from './streams.ts';

/** Resolves when the command was executed. */
export async function launchFurther(life: Life, start: NormalizedStart | NormalizedRun): Promise<Process> {
  life.need('running', 'execute in');
  start.signal?.throwIfAborted();
  await life.updating?.catch(() => {});
  await takeTurn(start.signal)?.granted;
  let launched: Process;
  try {
    life.need('running', 'execute in');
    launched = begin(life, start);
  } catch (error) {
    endTurn();
    throw error;
  }
  const { execs } = life;
  execs.add(launched);
  void launched.exited.then(() => execs.delete(launched));
  try {
    await launched.started.finally(endTurn);
  } catch (error) {
    execs.delete(launched);
    throw error;
  }
  return launched;
}

function begin(life: Life, start: NormalizedStart | NormalizedRun): Process {
  const pidfd = life.process?.pidfd() ?? -1;
  if (pidfd < 0) throw life.wrongState('execute in', 'running');
  try {
    const prepared = prepareExec(life.options, start, life.names as LaunchNames, ownStreams(start));
    return requestLaunch(life, prepared, start, [pidfd]);
  } finally {
    closeSync(pidfd);
  }
}
