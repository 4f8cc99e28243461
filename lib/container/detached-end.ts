/** `kill()`, `stop()` and `remove()` of a detached container: its end is its monitor's work. */
import { rmSync } from 'node:fs';
import { createError } from '../errors.ts';
import type { ExitStatus } from '../launch/outcome.ts';
import { askMonitor } from '../state/control.ts';
import { placesOf } from '../state/places.ts';
import { copiesOf } from './copies.ts';
import type { DetachedLife } from './detached-life.ts';
import { held } from './held.ts';
import { thawAll } from './pause.ts';
import { leaveNothing } from './traces.ts';

const SIGKILL = 9;

/** False when it does not run. */
export function killDetached(life: DetachedLife, signal: number): boolean {
  const frozen = signal === SIGKILL && life.state === 'paused';
  const sent = life.process?.kill(signal) ?? false;
  if (frozen) thawAll(life);
  return sent;
}

/** Have it ended by its monitor; by ourselves when that is lost. */
export async function endDetached(
  life: DetachedLife,
  signal: number,
  timeout: number,
): Promise<ExitStatus | undefined> {
  const { state, lost } = life.condition;
  if (state === 'created') return undefined;
  const process = life.latestProcess;
  // What is written as stopped may have its monitor yet, which takes an ephemeral one's files along.
  if (!process || state === 'stopped') return process && held(process.exited);
  if (life.state === 'paused') {
    if (signal === SIGKILL) process.kill(SIGKILL);
    thawAll(life);
  }
  const answer = lost ? undefined : await askMonitor(life.id, 'stop', signal, timeout);
  if (!answer) {
    process.kill(signal);
    const timer = setTimeout(() => process.kill(SIGKILL), timeout);
    void process.exited.then(() => clearTimeout(timer));
  }
  return held(process.exited);
}

/** Of one that is locked. */
export async function removeDetached(life: DetachedLife): Promise<void> {
  const { id } = life;
  const copies = copiesOf(id);
  if (copies.length > 0)
    throw createError('ERR_CONTAINER_STATE', {
      action: 'remove',
      id,
      state: `the lower layer of ${copies.join(', ')}`,
      needed: 'without copies that share its files',
    });
  await endDetached(life, SIGKILL, 0);
  await leaveNothing(id);
  rmSync(placesOf(id).directory, { recursive: true, force: true });
}
