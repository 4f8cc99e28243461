/** What there is of a detached container while it does not run: its files, and its name by them. */
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { removeTrees } from '../launch/copy.ts';
import { makePrivate } from '../state/directory.ts';
import { homesDirectory, placesOf } from '../state/places.ts';
import { undoLeftovers } from './leftovers.ts';

/** A name that is taken: configured, or running. */
export function isThere(name: string): boolean {
  const { config, launch } = placesOf(name);
  return existsSync(config) || existsSync(launch);
}

export function makeHome(name: string): void {
  makePrivate(homesDirectory());
  mkdirSync(placesOf(name).home, { recursive: true, mode: 0o700 });
}

/** Of one that is locked and does not run. The lock is on its run directory, which stays. */
export async function leaveNothing(name: string): Promise<void> {
  await undoLeftovers(name);
  const { home, launch, status } = placesOf(name);
  if (existsSync(home)) await removeTrees([home]);
  rmSync(launch, { force: true });
  // Last, since it is watched: who looks then finds nothing.
  rmSync(status, { force: true });
}
