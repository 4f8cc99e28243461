/** A placement as operations: make and limit the cgroups, join them, and the undo that is on record before. */
import { dirname } from 'node:path';
import { hostFile, hostHas } from '../host-files.ts';
import type { ResourcesOption } from '../options/types.ts';
import { O } from '../program/constants.ts';
import type { Actor } from '../program/contract.ts';
import { NO_SLOT, type Operation, operation } from '../program/operation.ts';
import type { SlotTable } from '../program/slots.ts';
import { type Before, controllerWrites, nameIn, type Write } from './controller.ts';
import type { Place, Placement } from './placement.ts';

const encoder = new TextEncoder();
const write = (path: string, value: string, actor: Actor): Operation =>
  operation('write', { path, data: encoder.encode(value) }, { actor });

/** v1: a thread that writes 0 to its own `tasks` moves itself without waiting for RCU. */
const joinFile = (place: Place): string => `${place.path}/${place.hierarchy.version === 1 ? 'tasks' : 'cgroup.procs'}`;

/** v2: every ancestor hands the controllers down (cgroup.subtree_control, cgroups(7)). */
export function handDown(place: Place): { path: string; value: string }[] {
  const handed = place.controllers.filter(({ everywhere }) => !everywhere);
  if (place.hierarchy.version === 1 || handed.length === 0) return [];
  const value = handed.map((each) => `+${nameIn(each, 2)}`).join(' ');
  const writes: { path: string; value: string }[] = [];
  for (let path = dirname(place.path); path.length >= place.hierarchy.mountPoint.length; path = dirname(path))
    writes.unshift({ path: `${path}/cgroup.subtree_control`, value });
  return writes;
}

/**
 * The place that a process can be born in: CLONE_INTO_CGROUP is v2's. Joining a v2 cgroup afterwards moves a whole thread
 * group, and waits for RCU for that: 15 ms where launches are apart.
 */
export const birthPlace = (placement: Placement): Place | undefined =>
  placement.places.find(({ hierarchy }) => hierarchy.version === 2);

/** The limits of a place, and then the raw files of v2 that the caller names. `before`: see `controllerWrites()`. */
export function placeWrites(place: Place, resources: ResourcesOption, before?: Before): Write[] {
  const { version, own } = place.hierarchy;
  const parent = {
    read: (file: string) => hostFile(`${own}/${file}`),
    has: (file: string) => hostHas(`${own}/${file}`),
  };
  const raw = version === 2 ? Object.entries(resources.unified ?? {}) : [];
  return [
    ...place.controllers.flatMap((controller) => controllerWrites(controller, version, resources, parent, before)),
    ...raw.map(([file, value]) => ({ file, value })),
  ];
}

/** v1: what a cgroup that is made on the way needs, too, before anything below it can be joined. */
export function ancestorWrites(place: Place): Write[] {
  if (place.hierarchy.version === 2) return [];
  const writes: Write[] = [];
  let path = dirname(place.path);
  for (let depth = place.depth; depth > 1; depth--, path = dirname(path)) {
    const own = placeWrites({ ...place, path }, {});
    writes.unshift(...own.map(({ file, value }) => ({ file: `${path}/${file}`, value })));
  }
  return writes;
}

/**
 * Make the cgroups and write the limits.
 * @param actor who does it; with 'child' the launcher makes the birth place, and its operation comes first
 */
export function createCgroups(placement: Placement, resources: ResourcesOption, actor: Actor = 'child'): Operation[] {
  const birth = birthPlace(placement);
  const first = placement.places.filter((place) => place === birth);
  const rest = placement.places.filter((place) => place !== birth);
  return [...first, ...rest].flatMap((place) => [
    operation(
      'cgroupCreate',
      { path: place.path, depth: place.depth },
      { actor: place === birth && actor === 'child' ? 'launcher' : actor },
    ),
    ...ancestorWrites(place).map(({ file, value }) => write(file, value, actor)),
    ...handDown(place).map(({ path, value }) => write(path, value, actor)),
    ...placeWrites(place, resources).map(({ file, value, program }) =>
      program
        ? operation('cgroupDevices', { path: place.path, program, rules: value }, { actor })
        : write(`${place.path}/${file}`, value, actor),
    ),
  ]);
}

/** The executing process moves itself into the cgroups that it was not born in. */
export function joinCgroups(placement: Placement, actor: Actor = 'child'): Operation[] {
  const birth = birthPlace(placement);
  return placement.places.filter((place) => place !== birth).map((place) => write(joinFile(place), '0', actor));
}

/**
 * Into the cgroups of a container that runs. The intermediate joins, and its clone is there as well: a descriptor of a
 * cgroup in the clone would be open where the container's processes can see it, and with CAP_SYS_PTRACE they could walk
 * from it to the host's whole hierarchy (the class of CVE-2016-9962).
 */
export function joinRunning(placement: Placement): {
  born: { path: string; depth: number } | undefined;
  join: Operation[];
} {
  const birth = birthPlace(placement);
  const opened = birth
    ? [operation('open', { path: birth.path, flags: O.PATH | O.DIRECTORY }, { actor: 'launcher' })]
    : [];
  return { born: birth && { path: birth.path, depth: 0 }, join: [...opened, ...joinCgroups(placement, 'host')] };
}

/** How a child joins that will have lost sight of the host's files, or the right to open them. */
export interface JoinByDescriptors {
  /** The host's actor opens the files. */
  open: Operation[];
  /** The child writes to them. */
  join: Operation[];
  /** For the clone: the directory of the cgroup to be born in. */
  cgroup: number;
}

export function joinByDescriptors(placement: Placement, slots: SlotTable): JoinByDescriptors {
  const birth = birthPlace(placement);
  const joined: JoinByDescriptors = { open: [], join: [], cgroup: NO_SLOT };
  const open = (path: string, flags: number): number => {
    const into = slots.reserve(path, path);
    joined.open.push(operation('open', { path, flags, into }, { actor: 'host' }));
    return into;
  };
  for (const place of placement.places) {
    if (place === birth) {
      joined.cgroup = open(place.path, O.PATH | O.DIRECTORY);
      continue;
    }
    const into = open(joinFile(place), O.WRONLY);
    joined.join.push(
      operation('write', { dir: into, data: encoder.encode('0') }),
      operation('close', { descriptor: into }),
    );
  }
  return joined;
}

/** Kill all processes of a placement; for the janitor, or at the end of a container without a pid namespace. */
export function killCgroup(placement: Placement, actor: Actor): Operation[] {
  const { group } = placement;
  return group ? [operation('cgroupKill', { path: group.path, version: group.hierarchy.version }, { actor })] : [];
}

/** What removes the cgroups again. */
export function undoCgroups(placement: Placement): Operation[] {
  return [
    ...killCgroup(placement, 'janitor'),
    ...[...placement.places, ...placement.later].map(({ path, depth }) =>
      operation('cgroupRemove', { path, depth }, { actor: 'undo' }),
    ),
  ];
}
