/**
 * The processes of a container that runs, into a cgroup of one more v1 hierarchy. They are held still meanwhile, so that
 * none can have a child that stays behind.
 */
import { accessSync } from 'node:fs';
import { createError } from '../errors.ts';
import { members, writeFile } from './files.ts';
import { freeze, thaw } from './freezer.ts';
import type { Place } from './placement.ts';

/** Frozen processes have no children: a second look finds what was on its way into the container. */
const MOST_ROUNDS = 100;

const canFreeze = ({ hierarchy }: Place): boolean =>
  hierarchy.version === 2 || hierarchy.controllers.includes('freezer');

function moveAll(from: () => number[], to: string): void {
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const there = new Set(members(to));
    const missing = from().filter((pid) => !there.has(pid));
    if (missing.length === 0) return;
    for (const pid of missing)
      try {
        writeFile(`${to}/cgroup.procs`, String(pid));
      } catch (error) {
        // It has ended.
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
      }
  }
  throw createError('ERR_UNSUPPORTED', {
    feature: `moving the container's processes to ${to}`,
    reason: 'there are new ones all the time, and no freezer holds them still',
    hint: 'mount the freezer, or give the limit when the container is created',
  });
}

/**
 * @param group lists all processes of the container, and freezes them
 * @param isFrozen they are held still already, and stay so
 */
export async function moveInto(group: Place, to: Place, isFrozen: boolean): Promise<void> {
  const holds = !isFrozen && canFreeze(group);
  if (holds) await freeze(group);
  try {
    moveAll(() => members(group.path), to.path);
    // Gone: it has ended, and `to` must not stay. As long as it is there, its undo, which removes both, is still to come.
    accessSync(group.path);
  } catch (error) {
    takeBack(to);
    throw error;
  } finally {
    if (holds) thaw(group);
  }
}

/** Those that were moved. The first failure is the one to tell. */
function takeBack(to: Place): void {
  try {
    moveOut(to);
  } catch {}
}

/** Back to where this program is, which is where they came from. */
export const moveOut = (place: Place): void => moveAll(() => members(place.path), place.hierarchy.own);
