/** Where the cgroups of a launch go, and what they are called: the id and a random part. */
import { cgroupSystem } from '../cgroup/detect.ts';
import { DETACHED_PARENT, fromRoots, type Placement, placeCgroup } from '../cgroup/placement.ts';
import type { NormalizedContainer } from '../options/normalized.ts';
import { CAPABILITIES } from '../program/constants.ts';
import type { LaunchNames } from '../program/names.ts';

/**
 * Whether a container's root can mount what of the v1 hierarchies its cgroup namespace shows. At a hierarchy's root that
 * includes release_agent, a command that the kernel runs as the host's root (CVE-2022-0492); below, there is no such file.
 */
const mayMount = ({ namespaces, defaults }: NormalizedContainer): boolean =>
  namespaces.user === 'host' && (defaults.capabilities.bounding & SYS_ADMIN) !== 0n;

const SYS_ADMIN = 1n << BigInt(CAPABILITIES.indexOf('SYS_ADMIN'));

export function placementOf(
  container: NormalizedContainer,
  { id, nonce }: LaunchNames,
  system = cgroupSystem(),
): Placement {
  const { resources, cgroupParent, detached } = container;
  const name = `${id}-${nonce}`;
  const underRoots = mayMount(container);
  return detached
    ? placeCgroup(fromRoots(system), name, resources, cgroupParent ?? DETACHED_PARENT, underRoots)
    : placeCgroup(system, name, resources, cgroupParent, underRoots);
}
