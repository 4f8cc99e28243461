/** `kill()`, `stop()` and `remove()`: how a container is brought to its end, and what that is. */
import type { ExitStatus } from '../launch/outcome.ts';
import { signalNumber } from '../launch/process.ts';
import { normalizeStopOptions } from '../options/index.ts';
import { killedWhileWaiting } from '../program/failure.ts';
import { releaseId } from './alive.ts';
import { endWatches } from './cgroup-events.ts';
import type { ContainerState } from './events.ts';
import { held } from './held.ts';
import type { Life } from './life.ts';
import { resume, thawAll } from './pause.ts';
import { forgetReader } from './usage.ts';

const SIGKILL = 9;

export interface StopOptions {
  timeout?: number;
  signal?: NodeJS.Signals | number;
}

/** False when it does not run. */
export function kill(life: Life, signal: number): boolean {
  const { first, stage } = life;
  if (signal === SIGKILL) life.killed = true;
  if (life.waiting) {
    if (signal === SIGKILL) life.waiting.cancel(killedWhileWaiting());
    else life.early.push(signal);
    return true;
  }
  if (!first || stage === 'stopped' || stage === 'removed') return false;
  const sent = first.kill(signal);
  // On v1 a frozen process does not even die.
  if (signal === SIGKILL && stage === 'paused') thawAll(life);
  return sent;
}

/** Resolves with its end; at once when it does not run. */
export async function stop(life: Life, options: StopOptions): Promise<ExitStatus | undefined> {
  const { timeout, signal } = normalizeStopOptions(options);
  if (life.waiting) {
    kill(life, SIGKILL);
    return undefined;
  }
  const process = life.first;
  if (!process) return undefined;
  if (life.stage === 'paused') await resume(life);
  if (life.stage !== 'running' && life.stage !== 'starting') return held(process.exited);
  kill(life, signalNumber(signal));
  await process.started.catch(() => {});
  if (process.pid === undefined) return undefined;
  const timer = setTimeout(() => kill(life, SIGKILL), timeout);
  try {
    return await held(process.exited);
  } finally {
    clearTimeout(timer);
  }
}

/** Idempotent. */
export async function remove(life: Life): Promise<void> {
  if (life.stage === 'removed') return;
  if (life.waiting) kill(life, SIGKILL);
  const process = life.first;
  if (process && life.stage !== 'stopped') {
    kill(life, SIGKILL);
    await process.started.catch(() => {});
    if (process.pid !== undefined) await held(process.exited);
  }
  await held(Promise.all([...life.execs].map((each) => each.exited)));
  if (life.stage === ('removed' as ContainerState)) return;
  life.stage = 'removed';
  life.container.emit('remove');
}

/** The end of a run. */
export function ended(life: Life, status: ExitStatus): void {
  forgetReader(life);
  // Never missed: what a watch did not see in time, the last reading before the cgroups were removed has.
  endWatches(life, Math.max(life.oomKills, status.oomKilled ? 1 : 0));
  releaseId(life.id, life.container);
  if (life.stage !== 'removed') life.stage = 'stopped';
  life.container.emit('exit', status);
}
