/** Limits of a container that runs, changed: all or nothing. */
import { closeSync, constants as flags, openSync, readFileSync, writeSync } from 'node:fs';
import { constants } from 'node:os';
import { createError } from '../errors.ts';
import type { ResourcesOption } from '../options/types.ts';
import { systemError } from '../program/failure.ts';
import { operation } from '../program/operation.ts';
import { isWanted, nameIn, type Write } from './controller.ts';
import { CONTROLLERS, type Placement } from './placement.ts';
import { placeWrites } from './program.ts';

/** A write, and the directory of the cgroup that it is for. */
interface Change extends Write {
  directory: string;
}

/** cgroup files take one write(2) without truncation. */
function writeOnce(path: string, value: string): void {
  const file = openSync(path, flags.O_WRONLY);
  try {
    writeSync(file, value);
  } finally {
    closeSync(file);
  }
}

/**
 * Write all, or take back what was written. What cannot be taken back either (the memory is in use again) stays as it is.
 * @throws {CofferdamSystemError} naming file, value and errno
 */
export function writeAll(changes: readonly Change[]): void {
  const done: { path: string; value: string }[] = [];
  for (const { directory, file, value, restore = (before: string) => before.trim() } of changes) {
    const path = `${directory}/${file}`;
    try {
      const before = readFileSync(path, 'utf8');
      writeOnce(path, value);
      done.push({ path, value: restore(before) });
    } catch (cause) {
      for (const each of done.reverse())
        try {
          writeOnce(each.path, each.value);
        } catch {
          // The first failure is the one to tell.
        }
      const { errno = -constants.errno.EIO } = cause as NodeJS.ErrnoException;
      throw systemError(-errno, operation('write', { path, data: Buffer.from(value) }));
    }
  }
}

/** Options that a change of another one changes, too: v2's swap limit is what memory leaves of both. */
const FOLLOWING: Partial<Record<keyof ResourcesOption, keyof ResourcesOption>> = { memorySwap: 'memory' };

const differs = (option: keyof ResourcesOption, before: ResourcesOption, after: ResourcesOption): boolean =>
  JSON.stringify(before[option]) !== JSON.stringify(after[option]);

function changedOptions(before: ResourcesOption, after: ResourcesOption): ResourcesOption {
  const names = Object.keys(after) as (keyof ResourcesOption)[];
  return Object.fromEntries(
    names
      .filter((name) => {
        const leader = FOLLOWING[name];
        return differs(name, before, after) || (leader !== undefined && differs(leader, before, after));
      })
      .map((name) => [name, after[name]]),
  );
}

const LIMIT = 'memory.limit_in_bytes';
const WITH_SWAP = 'memory.memsw.limit_in_bytes';

/** v1: memory may never be above memory plus swap, so what grows is written from above, what shrinks from below. */
function inOrder(directory: string, writes: Write[]): Write[] {
  const limit = writes.find(({ file }) => file === LIMIT);
  const withSwap = writes.find(({ file }) => file === WITH_SWAP);
  if (!limit || !withSwap) return writes;
  const present = Number(readFileSync(`${directory}/${WITH_SWAP}`, 'utf8'));
  const grows = Number(limit.value) > present;
  const pair = grows ? [withSwap, limit] : [limit, withSwap];
  return [...pair, ...writes.filter((each) => !pair.includes(each))];
}

/** What has to be written. @throws ERR_UNSUPPORTED for a controller that the container was started without */
export function changesOf(placement: Placement, before: ResourcesOption, after: ResourcesOption): Change[] {
  const changed = changedOptions(before, after);
  const placed = new Set(placement.places.flatMap(({ controllers }) => controllers));
  for (const controller of CONTROLLERS) {
    if (!isWanted(controller, changed) || placed.has(controller)) continue;
    throw createError('ERR_UNSUPPORTED', {
      feature: `update() of ${controller.settings.find(({ option }) => changed[option] !== undefined)?.option}`,
      reason: `the container was started without the ${nameIn(controller, 1)} controller, and processes are not moved while they run`,
      hint: 'give a limit of the same controller, however large, when it is created',
    });
  }
  return placement.places.flatMap((place) => {
    const own = place.controllers.filter((controller) => isWanted(controller, changed));
    const all = { ...changed, ...(changed.memorySwap !== undefined && { memory: after.memory }) };
    const writes = placeWrites({ ...place, controllers: own }, all, false);
    return inOrder(place.path, writes).map((write) => ({ ...write, directory: place.path }));
  });
}
