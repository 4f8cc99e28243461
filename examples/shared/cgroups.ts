/** Cgroups by hand: where this program's own are, see cgroups(7). */
import { readFileSync } from 'node:fs';

/** A directory in which a cgroup can be made, and which version's files it will have. */
export interface Hierarchy {
  path: string;
  version: 1 | 2;
}

/** Mount point and version of the hierarchy that has a controller; a hybrid machine has both kinds. */
function mounted(controller: string): { mountPoint: string; version: 1 | 2 } {
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' - '))
    .map(([before = '', after = '']) => ({
      mountPoint: before.split(' ')[4] ?? '',
      type: after.split(' ')[0],
      options: after.split(' ')[2] ?? '',
    }));
  const first = mounts.find(({ type, options }) => type === 'cgroup' && options.split(',').includes(controller));
  if (first) return { mountPoint: first.mountPoint, version: 1 };
  const second = mounts.find(({ type }) => type === 'cgroup2');
  if (second) return { mountPoint: second.mountPoint, version: 2 };
  throw Object.assign(new Error(`no cgroup hierarchy with the controller ${controller} is mounted`), {
    code: 'ERR_CGROUP_CONTROLLER',
  });
}

/**
 * Where a new cgroup with a controller belongs. v1: below this program's own, so that its limits hold. v2: at the top,
 * since a cgroup with processes in it cannot hand controllers down.
 */
export function hierarchyOf(controller: string): Hierarchy {
  const { mountPoint, version } = mounted(controller);
  if (version === 2) return { path: mountPoint, version };
  const own = readFileSync('/proc/self/cgroup', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .find(([, controllers = '']) => controllers.split(',').includes(controller));
  return { path: `${mountPoint}${own?.slice(2).join(':') ?? '/'}`.replace(/\/+$/, ''), version };
}
