/** Limits of a container that runs, changed: all or nothing. */
import { mkdirSync, readFileSync, rmdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { createError } from '../errors.ts';
import { native } from '../native.ts';
import type { ResourcesOption } from '../options/types.ts';
import { encode } from '../program/encode.ts';
import { systemError } from '../program/failure.ts';
import { operation } from '../program/operation.ts';
import { type Controller, isWanted, nameIn, type Write } from './controller.ts';
import { writeFile } from './files.ts';
import { moveInto, moveOut } from './move.ts';
import type { Place, Placement } from './placement.ts';
import { ancestorWrites, handDown, placeWrites } from './program.ts';
import { makeRoom } from './reclaim.ts';

/** One thing that is done, and what takes it back. */
export interface Step {
  /** For messages and tests. */
  text: string;
  act(): void | Promise<void>;
  revert(): void | Promise<void>;
}

/**
 * Take all steps, or take back those that were taken. What cannot be taken back either (the memory is in use again) stays
 * as it is.
 * @throws what the step that failed has thrown
 */
export async function allOrNothing(steps: readonly Step[]): Promise<void> {
  const taken: Step[] = [];
  try {
    for (const step of steps) {
      await step.act();
      taken.push(step);
    }
  } catch (error) {
    for (const step of taken.reverse())
      try {
        await step.revert();
      } catch {
        // The first failure is the one to tell.
      }
    throw error;
  }
}

async function attach(directory: string, program: Uint8Array, value: string): Promise<void> {
  const attached = operation('cgroupDevices', { path: directory, program, rules: value }, { actor: 'undo' });
  const failure = await native().run(encode([attached]));
  if (failure) throw systemError(failure.errno, attached);
}

function put(directory: string, write: Write): void | Promise<void> {
  if (write.program) return attach(directory, write.program, write.value);
  if (write.file === 'memory.max') makeRoom(directory, Number(write.value));
  writeFile(`${directory}/${write.file}`, write.value);
}

const same = (before: string): string => before.trim();

/** A write into a cgroup that there is. */
function change(directory: string, write: Write): Step {
  const { file, value, restore = same, inverse } = write;
  let back: readonly Write[] = inverse ?? [];
  return {
    text: `${directory}/${file} ${value}`,
    act() {
      if (!inverse && !write.program) back = [{ file, value: restore(readIfThere(`${directory}/${file}`) ?? '') }];
      return put(directory, write);
    },
    async revert() {
      for (const each of back) await put(directory, each);
    },
  };
}

/** A missing file is told by the write. */
function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/**
 * Options that a change of another one changes, too: v2's swap limit is what memory leaves of both, and the kernel forgets the
 * weight of what was idle.
 */
const FOLLOWING: Partial<Record<keyof ResourcesOption, keyof ResourcesOption>> = {
  memorySwap: 'memory',
  cpuWeight: 'cpuIdle',
};

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

/** Files of which one bounds the other: what that says at present decides which is written first. */
const BOUNDS: readonly { file: string; other: string; otherFirst(value: number, present: number): boolean }[] = [
  // v1: memory may never be above memory plus swap, so what grows is written from above, what shrinks from below.
  {
    file: 'memory.limit_in_bytes',
    other: 'memory.memsw.limit_in_bytes',
    otherFirst: (limit, present) => limit > present,
  },
  // A burst may never be above the quota.
  { file: 'cpu.cfs_quota_us', other: 'cpu.cfs_burst_us', otherFirst: (quota, present) => quota < present },
  { file: 'cpu.max', other: 'cpu.max.burst', otherFirst: (quota, present) => quota < present },
];

function inOrder(directory: string, writes: readonly Write[]): readonly Write[] {
  return BOUNDS.reduce((sorted, { file, other, otherFirst }) => {
    const [one, two] = [file, other].map((name) => sorted.find((each) => each.file === name));
    if (!one || !two) return sorted;
    // cpu.max begins with the quota.
    const present = Number(readIfThere(`${directory}/${other}`));
    const pair = otherFirst(Number.parseInt(one.value, 10), present) ? [two, one] : [one, two];
    return [...pair, ...sorted.filter((each) => !pair.includes(each))];
  }, writes);
}

/** Limits of a controller that the cgroup has. */
function changes(place: Place, before: ResourcesOption, changed: ResourcesOption, after: ResourcesOption): Step[] {
  const own = place.controllers.filter((controller) => isWanted(controller, changed));
  const all = { ...changed, ...(changed.memorySwap !== undefined && { memory: after.memory }) };
  const writes = placeWrites({ ...place, controllers: own }, all, before);
  return inOrder(place.path, writes).map((write) => change(place.path, write));
}

/** v2: the cgroups above hand the controllers down; they stay handed down, which limits nothing. */
function enable(place: Place, added: readonly Controller[], after: ResourcesOption): Step[] {
  const part = { ...place, controllers: added };
  const handed = handDown(part).map(
    ({ path, value }): Step => ({ text: `${path} ${value}`, act: () => writeFile(path, value), revert: () => {} }),
  );
  const { unified: _, ...limits } = after;
  return [...handed, ...placeWrites(part, limits).map((write) => change(place.path, write))];
}

/** v1: a cgroup in one more hierarchy; the launch's undo knows of it (`Placement.later`). */
function make(place: Place, after: ResourcesOption): Step[] {
  const { path, depth } = place;
  const made: Step = {
    text: `mkdir ${path}`,
    act: () => void mkdirSync(path, { recursive: true }),
    revert() {
      for (let at = path, left = depth; left > 0; at = dirname(at), left--) rmdirSync(at);
    },
  };
  const above = ancestorWrites(place).map(
    ({ file, value }): Step => ({ text: `${file} ${value}`, act: () => writeFile(file, value), revert: () => {} }),
  );
  return [made, ...above, ...placeWrites(place, after).map((write) => change(path, write))];
}

/**
 * The steps from one set of limits to another.
 * @param present where the container is
 * @param next where it would be if it were started with the limits of `after`
 * @param isFrozen by `pause()`
 * @throws ERR_UNSUPPORTED for a controller that cannot be added
 */
export function updateSteps(
  present: Placement,
  next: Placement,
  before: ResourcesOption,
  after: ResourcesOption,
  isFrozen = false,
): Step[] {
  const changed = changedOptions(before, after);
  const limits: Step[] = [];
  const cgroups: Step[] = [];
  const moves: Step[] = [];
  for (const place of next.places) {
    const old = present.places.find(({ path }) => path === place.path);
    if (!old) {
      const { group } = present;
      if (!group) throw nobodyListed(place);
      cgroups.push(...make(place, after));
      moves.push({
        text: `move to ${place.path}`,
        act: () => moveInto(group, place, isFrozen),
        revert: () => moveOut(place),
      });
      continue;
    }
    limits.push(...changes(old, before, changed, after));
    const added = place.controllers.filter((each) => !old.controllers.includes(each));
    if (added.length > 0) cgroups.push(...enable(place, added, after));
  }
  // What is likeliest to be refused comes first, what is dearest to take back last.
  return [...limits, ...cgroups, ...moves];
}

const nobodyListed = (place: Place): Error =>
  createError('ERR_UNSUPPORTED', {
    feature: `update() of a limit of the ${nameIn(place.controllers[0] as Controller, place.hierarchy.version)} controller`,
    reason: 'the container was started without any cgroup, and so nothing lists the processes that would have to move',
    hint: 'give a limit when it is created',
  });
