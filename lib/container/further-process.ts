/** `exec()` and `spawn()`: further processes in a container that runs. */
import { closeSync, readFileSync } from 'node:fs';
import { CofferdamSystemError, createError } from '../errors.ts';
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
    throw isItsEnd(life, error) ? ending(life, error) : error;
  }
  return launched;
}

const ending = ({ id }: Life, cause?: unknown): Error =>
  createError('ERR_CONTAINER_STATE', { action: 'execute in', id, state: 'ending', needed: 'running' }, { cause });

/**
 * Whether a launch failed because the container ended under it: the namespaces of a process that has ended cannot be joined
 * (ESRCH, setns(2)), nothing is made in a pid namespace without an init (ENOMEM, pid_namespaces(7)), and its cgroups go.
 */
function isItsEnd(life: Life, error: unknown): boolean {
  if (!(error instanceof CofferdamSystemError)) return false;
  return error.code === 'ESRCH' || hasEnded(life);
}

/** Whether the first process has, be it that nobody has heard of it yet. */
function hasEnded({ pid }: Life): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return 'ZX'.includes(stat.charAt(stat.lastIndexOf(')') + 2));
  } catch {
    return true;
  }
}

function begin(life: Life, start: NormalizedStart | NormalizedRun): Process {
  const pidfd = life.process?.pidfd() ?? -1;
  if (pidfd < 0) throw ending(life);
  try {
    const prepared = prepareExec(life.options, start, life.names as LaunchNames, ownStreams(start));
    return requestLaunch(life, prepared, start, [pidfd]);
  } finally {
    closeSync(pidfd);
  }
}
