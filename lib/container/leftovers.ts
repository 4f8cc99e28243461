/** What could not be undone at a container's end, and what a monitor left that was killed: by the program kept for it. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { createError } from '../errors.ts';
import { openLauncher } from '../launch/launcher.ts';
import { native, type UndoFailure } from '../native.ts';
import { undoFailureFields } from '../program/undo-failure.ts';
import { placesOf } from '../state/places.ts';
import { conditionOf } from '../state/status.ts';

/** Whether a container's monitor is gone and left something; its processes may be alive. */
export function hasLeftovers(name: string): boolean {
  const { state, lost } = conditionOf(name);
  return (lost || state === 'created' || state === 'stopped') && existsSync(placesOf(name).program);
}

/**
 * Kill what is alive of a container whose monitor is gone, and undo what it made. Nothing when there is nothing.
 * @throws {CofferdamError} ERR_CLEANUP; then the program is kept for another try
 */
export async function undoLeftovers(name: string): Promise<void> {
  if (!hasLeftovers(name)) return;
  const { program, control } = placesOf(name);
  const bytes = readFileSync(program);
  // It may have to run nft, which is started by the launcher, as everything is.
  openLauncher();
  const failure = await native().run(bytes);
  if (failure) throw createError('ERR_CLEANUP', { id: name, ...undoFailureFields(failure, bytes) });
  for (const path of [program, control]) rmSync(path, { force: true });
}

const STEP = 10;
const PATIENCE = 1000;

/**
 * After a start that failed: a monitor that was killed has undone nothing, and the process that it had made would run on,
 * by a name that stands for nothing. What cannot be undone now is a case for `cofferdam gc`.
 */
export async function undoFailedStart(name: string): Promise<void> {
  // A process that is killed closes its sockets a moment before it is dead to everybody else.
  for (let waited = 0; waited < PATIENCE && conditionOf(name).state === 'starting'; waited += STEP) await sleep(STEP);
  await undoLeftovers(name).catch(() => {});
}

/** Of a run that has ended, and whose result is a result all the same: a warning of this process, and a case for `cofferdam gc`. */
export function warnOfLeftovers(id: string, failure: UndoFailure, undo: Uint8Array): void {
  process.emitWarning(createError('ERR_CLEANUP', { id, ...undoFailureFields(failure, undo) }));
}
