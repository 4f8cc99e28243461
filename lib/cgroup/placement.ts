/**
 * Where a container's cgroups are. v1: below this program's own cgroup, so that its limits hold. v2: in `cgroupParent`,
 * else in a scope that systemd gave to this program, else below /cofferdam; never below this program's own cgroup, where
 * enabling a controller is EBUSY as long as it has processes ("no internal processes", cgroups(7)). On a hybrid host a v2
 * leaf without controllers serves for kill, freeze and CPU time.
 */
import { createError } from '../errors.ts';
import { hostHas } from '../host-files.ts';
import type { ResourcesOption } from '../options/types.ts';
import { type Controller, isWanted, nameIn } from './controller.ts';
import { cpu } from './cpu.ts';
import { cpuset } from './cpuset.ts';
import { hierarchyOf } from './detect.ts';
import { devices } from './devices.ts';
import { hugetlb } from './hugetlb.ts';
import { io } from './io.ts';
import { memory } from './memory.ts';
import { pids } from './pids.ts';
import type { CgroupSystem, Hierarchy } from './system.ts';

/** In the order in which they are set up: a cpuset must be filled before anything joins. */
export const CONTROLLERS: readonly Controller[] = [cpuset, memory, cpu, pids, io, hugetlb, devices];

/** One cgroup of a container, in one hierarchy. */
export interface Place {
  hierarchy: Hierarchy;
  /** Its directory. */
  path: string;
  /** How many components at the end are made when missing, and removed when empty. */
  depth: number;
  controllers: readonly Controller[];
}

export interface Placement {
  places: readonly Place[];
  /** The place by which all processes are killed, frozen and listed. */
  group: Place | undefined;
  /** v1: cgroups that do not exist, unless `update()` adds a limit that needs one of them. Undone like the others. */
  later: readonly Place[];
}

const HOW_TO_ENABLE: Record<1 | 2, (name: string) => string> = {
  1: (name) => `mount it: mount -t cgroup -o ${name} cgroup /sys/fs/cgroup/${name}; or boot with cgroup_enable=${name}`,
  2: (name) =>
    `the kernel must have it (CONFIG and cgroup_disable= of the kernel's command line), and the parent cgroup must delegate it: echo +${name} > cgroup.subtree_control`,
};

/** The hierarchy that has a controller: v1's where it is mounted there. */
export const homeOf = (system: CgroupSystem, controller: Controller): Hierarchy | undefined =>
  hierarchyOf(system, nameIn(controller, 1)) ??
  hierarchyOf(system, nameIn(controller, 2)) ??
  (controller.everywhere ? system.unified : undefined);

/** The hierarchies that limits need, or the error that names the missing controller. */
function hierarchiesOf(system: CgroupSystem, resources: ResourcesOption): Map<Hierarchy, Controller[]> {
  const needed = new Map<Hierarchy, Controller[]>();
  for (const controller of CONTROLLERS) {
    if (!isWanted(controller, resources)) continue;
    const given = controller.settings.filter(({ option }) => resources[option] !== undefined);
    const hierarchy = homeOf(system, controller);
    if (!hierarchy) {
      const version = system.mode === 'v2' ? 2 : 1;
      throw createError('ERR_CGROUP_CONTROLLER', {
        controller: nameIn(controller, version),
        option: given.map(({ option }) => `resources.${option}`).join(', '),
        hint:
          system.mode === 'none'
            ? `no hierarchy is mounted, or none is delegated to this user: see docs/rootless.md${
                system.noScope === undefined ? '' : `; systemd gave none: ${system.noScope}`
              }`
            : HOW_TO_ENABLE[version](nameIn(controller, version)),
      });
    }
    const { version } = hierarchy;
    const lacking = given.find(({ v1, v2 }) => (version === 1 ? v1 : v2) === undefined);
    if (lacking)
      throw createError('ERR_UNSUPPORTED', {
        feature: `resources.${lacking.option}`,
        reason: `the ${nameIn(controller, version)} controller is cgroup v${version}'s here, which has nothing of the kind`,
        hint: lacking.instead,
      });
    needed.set(hierarchy, [...(needed.get(hierarchy) ?? []), controller]);
  }
  return needed;
}

/** Whether this program is at the root of a v1 hierarchy, which a mount within a cgroup namespace is not: only that has the file. */
const isRoot = ({ own, mountPoint }: Hierarchy): boolean => own === mountPoint && hostHas(`${own}/release_agent`);

/** What a detached container is placed in: not below this program, which it outlives, but below the hierarchies' roots. */
export const fromRoots = ({ mode, v1, unified }: CgroupSystem): CgroupSystem => {
  const fromRoot = (hierarchy: Hierarchy): Hierarchy => ({ ...hierarchy, own: hierarchy.mountPoint });
  return { mode, v1: v1.map(fromRoot), unified: unified && fromRoot(unified) };
};

/** Where detached containers are, unless told otherwise. */
export const DETACHED_PARENT = '/cofferdam';

/**
 * Where a container goes.
 * @param name of its directories; on v1 after `cofferdam-`
 * @param parent the `cgroupParent` option, or a sandbox's
 * @param underRoots in no hierarchy at its root, see `mayMount()` in lib/launch/placement.ts
 */
export function placeCgroup(
  machine: CgroupSystem,
  name: string,
  resources: ResourcesOption,
  parent?: string,
  underRoots = false,
): Placement {
  const { scope } = machine;
  const system = scope && parent === undefined ? { ...machine, unified: scope } : machine;
  const needed = hierarchiesOf(system, resources);
  const { unified } = system;
  if (resources.unified !== undefined && !unified)
    throw createError('ERR_UNSUPPORTED', {
      feature: 'resources.unified',
      reason: 'no cgroup v2 hierarchy is mounted',
      hint: 'give the limits by their own options',
    });
  if (unified && !needed.has(unified)) needed.set(unified, []);
  // Pure v1: the freezer holds processes still while they are killed.
  const freezer = unified ? undefined : hierarchyOf(system, 'freezer');
  if (freezer && !needed.has(freezer)) needed.set(freezer, []);

  if (underRoots)
    for (const hierarchy of system.v1)
      if (!needed.has(hierarchy) && isRoot(hierarchy))
        needed.set(hierarchy, homeOf(system, cpuset) === hierarchy ? [cpuset] : []);

  const place = (hierarchy: Hierarchy, controllers: readonly Controller[]): Place => {
    if (hierarchy === scope) return { hierarchy, path: `${scope.mountPoint}/${name}`, depth: 1, controllers };
    if (system.mode === 'v2') {
      const above = parent ?? '/cofferdam';
      const path = `${hierarchy.mountPoint}${above === '/' ? '' : above}/${name}`;
      // Ancestors that somebody else made are not ours to remove.
      const made = above === '/cofferdam' || !hostHas(`${hierarchy.mountPoint}${above}`);
      return { hierarchy, path, depth: made ? above.split('/').length : 1, controllers };
    }
    const below = parent === undefined || parent === '/' ? '' : parent;
    const path = `${hierarchy.own}${below}/cofferdam-${name}`;
    return { hierarchy, path, depth: below.split('/').length, controllers };
  };
  const places = [...needed].map(([hierarchy, controllers]) => place(hierarchy, controllers));
  const later = system.v1
    .filter((hierarchy) => !needed.has(hierarchy) && CONTROLLERS.some((each) => homeOf(system, each) === hierarchy))
    .map((hierarchy) => place(hierarchy, []));
  const group =
    places.find(({ hierarchy }) => hierarchy === unified) ??
    places.find(({ hierarchy }) => hierarchy === freezer) ??
    places[0];
  return { places, group, later };
}
