/**
 * The hierarchies as far as a user who is not root may change them; cgroups(7), "Delegation". systemd gives each user a
 * subtree of the v2 hierarchy, and some administrators do; where nothing is given containers run without cgroups.
 */
import { accessSync, constants } from 'node:fs';
import { dirname } from 'node:path';
import type { CgroupSystem, Hierarchy } from './system.ts';

export interface DelegationFiles {
  writable(path: string): boolean;
  /** The controllers of a v2 cgroup. */
  controllers(path: string): string[];
}

/** A cgroup in which this user may make others, and into which it may move its processes. */
const isOurs = (path: string, version: 1 | 2, { writable }: DelegationFiles): boolean =>
  writable(path) && writable(`${path}/cgroup.procs`) && (version === 1 || writable(`${path}/cgroup.subtree_control`));

/**
 * v2: moving a process takes the right to write to the cgroup.procs of the nearest cgroup above both places, so containers
 * go beside this program's own cgroup: what is above that is, for us, the hierarchy.
 */
function delegatedUnified(unified: Hierarchy, files: DelegationFiles): Hierarchy | undefined {
  const above = dirname(unified.own);
  if (unified.own === unified.mountPoint || !isOurs(above, 2, files)) return undefined;
  return { ...unified, mountPoint: above, controllers: files.controllers(above) };
}

/** Pure: what is left of a system. */
export function delegatedSystem(system: CgroupSystem, files: DelegationFiles): CgroupSystem {
  const v1 = system.v1.filter(({ own }) => isOurs(own, 1, files));
  const { unified, mode } = system;
  const whole =
    unified && (mode === 'v2' ? delegatedUnified(unified, files) : isOurs(unified.own, 2, files) && unified);
  const left = whole || undefined;
  if (v1.length === 0 && !left) return { mode: 'none', v1: [], unified: undefined };
  return { mode: mode === 'hybrid' && !left ? 'v1' : mode, v1, unified: left };
}

/** Whether this user may write to a file or make something in a directory. */
export function writable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
