/** What a monitor left that was killed: undone by the program that it had kept for this. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { native } from '../native.ts';
import { placesOf } from './places.ts';
import { conditionOf, statusOf } from './status.ts';

/** Whether a container's monitor is gone and left something; its processes may be alive. */
export function hasLeftovers(name: string): boolean {
  const { state, lost } = conditionOf(statusOf(name));
  return (lost || state === 'created' || state === 'stopped') && existsSync(placesOf(name).program);
}

/**
 * Kill what is alive of a container whose monitor is gone, and undo what it made. Nothing when there is nothing.
 * @returns the first operation that failed; then the program is kept for another try
 */
export async function undoLeftovers(name: string): Promise<{ errno: number; step: number } | null> {
  if (!hasLeftovers(name)) return null;
  const { program, control } = placesOf(name);
  const failed = await native().run(readFileSync(program));
  if (failed) return failed;
  for (const path of [program, control]) rmSync(path, { force: true });
  return null;
}
