/** A placement as operations: make and limit the cgroups, join them, and the undo that is on record before. */
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { O } from '../program/constants.ts';
import { type Operation, operation } from '../program/operation.ts';
import type { SlotTable } from '../program/slots.ts';
import type { ResourcesOption } from '../options/types.ts';
import type { Actor } from '../program/contract.ts';
import { controllerWrites } from './controller.ts';
import type { Place, Placement } from './placement.ts';

const encoder = new TextEncoder();
const write = (path: string, value: string, actor: Actor): Operation => operation('write', { path, data: encoder.encode(value) }, { actor });

/** v1: a thread that writes 0 to its own `tasks` moves itself without waiting for RCU; v2 has whole processes only. */
const joinFile = (place: Place): string => `${place.path}/${place.hierarchy.version === 1 ? 'tasks' : 'cgroup.procs'}`;

/** v2: every ancestor hands the controllers down (cgroup.subtree_control, cgroups(7)). */
function delegate(place: Place, actor: Actor): Operation[] {
  if (place.hierarchy.version === 1 || place.controllers.length === 0) return [];
  const value = place.controllers.map(({ name }) => `+${name}`).join(' ');
  const operations: Operation[] = [];
  for (let path = dirname(place.path); path.length >= place.hierarchy.mountPoint.length; path = dirname(path))
    operations.unshift(write(`${path}/cgroup.subtree_control`, value, actor));
  return operations;
}

/** Make the cgroups and write the limits. */
export function createCgroups(placement: Placement, resources: ResourcesOption, actor: Actor = 'child'): Operation[] {
  return placement.places.flatMap((place) => [
    operation('cgroupCreate', { path: place.path, depth: place.depth }, { actor }),
    ...delegate(place, actor),
    ...place.controllers.flatMap((controller) =>
      controllerWrites(controller, place.hierarchy.version, resources, (file) =>
        readFileSync(`${place.hierarchy.own}/${file}`, 'utf8'),
      ).map(({ file, value }) => write(`${place.path}/${file}`, value, actor)),
    ),
  ]);
}

/** The executing process moves itself into the cgroups. */
export function joinCgroups(placement: Placement): Operation[] {
  return placement.places.map((place) => write(joinFile(place), '0', 'child'));
}

/**
 * The same for a child that will have lost sight of the host's files, or the right to open them: the host's actor opens
 * them (first list), the child writes (second).
 */
export function joinByDescriptors(placement: Placement, slots: SlotTable): { open: Operation[]; join: Operation[] } {
  const open: Operation[] = [];
  const join: Operation[] = [];
  for (const place of placement.places) {
    const into = slots.reserve(joinFile(place));
    open.push(operation('open', { path: joinFile(place), flags: O.WRONLY, into }, { actor: 'host' }));
    join.push(operation('write', { dir: into, data: encoder.encode('0') }), operation('close', { descriptor: into }));
  }
  return { open, join };
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
