/** Where the cgroups of a launch go, and what they are called: the id and a random part. */
import { cgroupSystem } from '../cgroup/detect.ts';
import { DETACHED_PARENT, fromRoots, type Placement, placeCgroup } from '../cgroup/placement.ts';
import type { NormalizedContainer } from '../options/normalized.ts';
import type { LaunchNames } from '../program/names.ts';

export function placementOf(
  container: NormalizedContainer,
  { id, nonce }: LaunchNames,
  system = cgroupSystem(),
): Placement {
  const { resources, cgroupParent, detached } = container;
  return detached
    ? placeCgroup(fromRoots(system), `${id}-${nonce}`, resources, cgroupParent ?? DETACHED_PARENT)
    : placeCgroup(system, `${id}-${nonce}`, resources, cgroupParent);
}
