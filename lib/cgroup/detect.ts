/**
 * Which cgroup hierarchies there are, and where in them this program is; see cgroups(7). Read from mountinfo only:
 * directory names below /sys/fs/cgroup are a habit, not an interface.
 */
import { readFileSync } from 'node:fs';
import { parseMountInfo } from '../mountinfo.ts';
import { delegatedSystem, writable } from './delegation.ts';
import type { CgroupSystem, Hierarchy } from './system.ts';

/** What detection reads; a test gives its own. */
export interface CgroupFiles {
  mountInfo: string;
  selfCgroup: string;
  /** The controllers of a v2 hierarchy's root. */
  controllers(mountPoint: string): string[];
}

const KNOWN_CONTROLLERS = new Set([
  'cpu',
  'cpuacct',
  'cpuset',
  'memory',
  'devices',
  'freezer',
  'net_cls',
  'blkio',
  'perf_event',
  'net_prio',
  'hugetlb',
  'pids',
  'rdma',
  'misc',
  'debug',
]);

/** Where the cgroup `path` is below a mount that shows the hierarchy from `root` on. */
function directoryOf(mountPoint: string, root: string, path: string): string {
  const inside =
    root === '/' ? path : path === root ? '/' : path.startsWith(`${root}/`) ? path.slice(root.length) : '/';
  // A path above the mount's root ("/..") cannot be reached through it: what can be used begins at the mount.
  return inside === '/' || inside.startsWith('/..') ? mountPoint : mountPoint + inside;
}

/** Pure: the system that these files describe. */
export function describeCgroups(files: CgroupFiles): CgroupSystem {
  const paths = new Map<string, string>();
  for (const line of files.selfCgroup.split('\n')) {
    const [, controllers, ...path] = line.split(':');
    if (controllers === undefined) continue;
    for (const name of controllers.split(',')) paths.set(name, path.join(':'));
  }
  const v1: Hierarchy[] = [];
  let unified: Hierarchy | undefined;
  for (const { root, mountPoint, type, superOptions } of parseMountInfo(files.mountInfo)) {
    if (type !== 'cgroup' && type !== 'cgroup2') continue;
    if (type === 'cgroup2') {
      // The first mount counts: later ones show the same hierarchy again.
      unified ??= {
        version: 2,
        controllers: files.controllers(mountPoint),
        mountPoint,
        own: directoryOf(mountPoint, root, paths.get('') ?? '/'),
        options: '',
      };
      continue;
    }
    const words = superOptions.filter((word) => KNOWN_CONTROLLERS.has(word) || word.startsWith('name='));
    const [key] = words;
    if (key === undefined || v1.some(({ options }) => options.split(',').includes(key))) continue;
    const named = key.startsWith('name=');
    v1.push({
      version: 1,
      controllers: words.filter((word) => !word.startsWith('name=')),
      mountPoint,
      own: directoryOf(mountPoint, root, paths.get(key) ?? '/'),
      options: named ? `none,${key}` : words.join(','),
    });
  }
  const mode = v1.some(({ controllers }) => controllers.length > 0)
    ? unified
      ? 'hybrid'
      : 'v1'
    : unified
      ? 'v2'
      : 'none';
  return { mode, v1, unified };
}

let machine: CgroupSystem | undefined;
let detected: CgroupSystem | undefined;
let scope: string | undefined;
let noScope: string | undefined;

const controllersOf = (path: string): string[] =>
  readFileSync(`${path}/cgroup.controllers`, 'utf8').trim().split(' ').filter(Boolean);

/** This machine's hierarchies, whoever may use them, read once a process. */
export function mountedCgroups(): CgroupSystem {
  machine ??= describeCgroups({
    mountInfo: readFileSync('/proc/self/mountinfo', 'utf8'),
    selfCgroup: readFileSync('/proc/self/cgroup', 'utf8'),
    controllers: controllersOf,
  });
  return machine;
}

/** What of them this user may use; the same object until that changes. */
export function cgroupSystem(): CgroupSystem {
  if (detected) return detected;
  const whole = mountedCgroups();
  const system = process.geteuid?.() === 0 ? whole : delegatedSystem(whole, { writable, controllers: controllersOf });
  if (scope !== undefined) detected = withScope(system, scope, controllersOf(scope));
  else detected = noScope === undefined ? system : { ...system, noScope };
  return detected;
}

/** Pure: containers go below `path`. A user who has nothing else has that. */
export function withScope(system: CgroupSystem, path: string, controllers: readonly string[]): CgroupSystem {
  const given: Hierarchy = { version: 2, controllers, mountPoint: path, own: path, options: '' };
  return { mode: 'v2', v1: [], unified: system.unified ?? given, scope: given };
}

/** @param path of the cgroup below which this program's containers go from now on; undefined: none, `why` says why */
export function useScope(path: string | undefined, why?: string): void {
  scope = path;
  noScope = why;
  detected = undefined;
}

/** Directory of the v2 cgroup that a process is in. */
export function unifiedCgroupOf(pid: number): string | undefined {
  const files = {
    mountInfo: readFileSync('/proc/self/mountinfo', 'utf8'),
    selfCgroup: readFileSync(`/proc/${pid}/cgroup`, 'utf8'),
    controllers: () => [],
  };
  return describeCgroups(files).unified?.own;
}

/** The hierarchy that has a controller: v1's where it is mounted there, else the unified one. */
export function hierarchyOf(system: CgroupSystem, controller: string): Hierarchy | undefined {
  return (
    system.v1.find(({ controllers }) => controllers.includes(controller)) ??
    (system.unified?.controllers.includes(controller) ? system.unified : undefined)
  );
}
