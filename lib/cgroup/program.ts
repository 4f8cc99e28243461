/** A placement as operations: make and limit the cgroups, join them, and the undo that is on record before. */
import { dirname } from 'node:path';
import { hostFile, hostHas } from '../host-files.ts';
import type { ResourcesOption } from '../options/types.ts';
import { O } from '../program/constants.ts';
import type { Actor } from '../program/contract.ts';
import { NO_SLOT, type Operation, operation } from '../program/operation.ts';
import type { SlotTable } from '../program/slots.ts';
import { controllerWrites, nameIn, type Write } from './controller.ts';
import type { Place, Placement } from './placement.ts';

const encoder = new TextEncoder();
const write = (path: string, value: string, actor: Actor): Operation =>
  operation('write', { path, data: encoder.encode(value) }, { actor });

/** v1: a thread that writes 0 to its own `tasks` moves itself without waiting for RCU. */
const joinFile = (place: Place): string => `${place.path}/${place.hierarchy.version === 1 ? 'tasks' : 'cgroup.procs'}`;

/** v2: every ancestor hands the controllers down (cgroup.subtree_control, cgroups(7)). */
function delegate(place: Place, actor: Actor): Operation[] {
  if (place.hierarchy.version === 1 || place.controllers.length === 0) return [];
  const value = place.controllers.map((each) => `+${nameIn(each, 2)}`).join(' ');
  const operations: Operation[] = [];
  for (let path = dirname(place.path); path.length >= place.hierarchy.mountPoint.length; path = dirname(path))
    operations.unshift(write(`${path}/cgroup.subtree_control`, value, actor));
  return operations;
}

/**
 * The place that a process can be born in: CLONE_INTO_CGROUP is v2's. Joining a v2 cgroup afterwards moves a whole thread
 * group, and waits for RCU for that: 15 ms where launches are apart.
 */
export const birthPlace = (placement: Placement): Place | undefined =>
  placement.places.find(({ hierarchy }) => hierarchy.version === 2);

/** The limits of a place, and then the raw files of v2 that the caller names. `isNew`: with what a new cgroup needs. */
export function placeWrites(place: Place, resources: ResourcesOption, isNew = true): Write[] {
  const { version, own } = place.hierarchy;
  const parent = {
    read: (file: string) => hostFile(`${own}/${file}`),
    has: (file: string) => hostHas(`${own}/${file}`),
  };
  const raw = version === 2 ? Object.entries(resources.unified ?? {}) : [];
  return [
    ...place.controllers.flatMap((controller) => controllerWrites(controller, version, resources, parent, isNew)),
    ...raw.map(([file, value]) => ({ file, value })),
  ];
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
    ...delegate(place, actor),
    ...placeWrites(place, resources).map(({ file, value }) => write(`${place.path}/${file}`, value, actor)),
  ]);
}

/** The executing process moves itself into the cgroups that it was not born in. */
export function joinCgroups(placement: Placement): Operation[] {
  const birth = birthPlace(placement);
  return placement.places.filter((place) => place !== birth).map((place) => write(joinFile(place), '0', 'child'));
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
    ...placement.places.map(({ path, depth }) => operation('cgroupRemove', { path, depth }, { actor: 'undo' })),
  ];
}
