/** `cloner cgroup`: a file of a running container's cgroup. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { getSystemErrorMap } from 'node:util';
import type { DetachedContainer } from 'cofferdam';
import { type Invocation, UsageError } from '../../shared/command-line.ts';
import { resourcesOfFile } from '../container/cgroup.ts';
import { failure, placesFor, requireRunning } from '../found.ts';
import type { CGROUP } from '../table/look.ts';

interface Hierarchy {
  mountPoint: string;
  /** What of the hierarchy is mounted there. */
  root: string;
  controllers: readonly string[];
  version: 1 | 2;
}

/** See proc(5), mountinfo. */
export function hierarchies(mountinfo: string): Hierarchy[] {
  return mountinfo.split('\n').flatMap((line): Hierarchy[] => {
    const [before = '', after = ''] = line.split(' - ');
    const [type, , options = ''] = after.split(' ');
    const [, , , root = '/', mountPoint = ''] = before.split(' ');
    if (type === 'cgroup2') return [{ mountPoint, root, controllers: [], version: 2 }];
    return type === 'cgroup' ? [{ mountPoint, root, controllers: options.split(','), version: 1 }] : [];
  });
}

interface Cgroup {
  directory: string;
  version: 1 | 2;
}

/** Where a process is in the hierarchy that has a controller: 'memory' of 'memory.max'. */
export function cgroupOf(controller: string, mountinfo: string, membership: string): Cgroup | undefined {
  const all = hierarchies(mountinfo);
  const found =
    all.find(({ controllers }) => controllers.includes(controller)) ?? all.find(({ version }) => version === 2);
  const line = membership
    .split('\n')
    .map((each) => each.split(':'))
    .find(([, controllers = '']) =>
      found?.version === 2 ? controllers === '' : controllers.split(',').includes(controller),
    );
  if (!found || !line) return undefined;
  const path = line.slice(2).join(':');
  const below = found.root !== '/' && path.startsWith(`${found.root}/`) ? path.slice(found.root.length) : path;
  return { directory: join(found.mountPoint, below), version: found.version };
}

/** Whether a directory is a container's alone: cofferdam-NAME-RANDOM on v1, NAME-RANDOM on v2, or below it. */
const isOwn = (directory: string, { name }: DetachedContainer): boolean =>
  directory.split('/').some((part) => part.replace(/^cofferdam-/, '').replace(/-[0-9a-f]{12}$/, '') === name);

/** What the kernel says to a value, without the name of the system call. */
const reasonOf = ({ errno, message }: NodeJS.ErrnoException): string =>
  getSystemErrorMap().get(errno ?? 0)?.[1] ?? message;

/**
 * On v1 a container has a cgroup only in hierarchies in which it has a limit; elsewhere it is in one that is others' as well,
 * for whom nothing is changed here. On v2 its cgroup has the controllers of its limits only. The library adds what is missing.
 */
async function limit(container: DetachedContainer, version: 1 | 2, key: string, value: string): Promise<void> {
  const resources = resourcesOfFile(version, key, value);
  if (!resources) throw failure(`${key} is not in a cgroup of its own, and is no limit that one could be made for`);
  await container.update(resources);
}

export async function cgroup({ values, words }: Invocation<(typeof CGROUP)['options']>): Promise<number> {
  const [key = '', value] = words;
  if (!/^[a-z0-9_]+(\.[A-Za-z0-9_]+)+$/.test(key))
    throw new UsageError(`'${key}' is not a file of a cgroup; give one such as memory.max or cpuset.cpus`);
  const places = placesFor(values);
  const container = await requireRunning(places);
  const found = cgroupOf(
    key.split('.')[0] as string,
    readFileSync('/proc/self/mountinfo', 'utf8'),
    readFileSync(`/proc/${container.pid}/cgroup`, 'utf8'),
  );
  if (found === undefined) throw failure(`no cgroup hierarchy with ${key} is mounted`);
  const { directory, version } = found;
  const own = isOwn(directory, container);
  const file = join(directory, key);
  try {
    if (value === undefined) process.stdout.write(`${readFileSync(file, 'utf8').trimEnd()}\n`);
    else if (own && existsSync(file)) writeFileSync(file, value);
    else await limit(container, version, key, value);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && !own) throw failure(`${places.name} has no ${key}: it has no limit of that kind`, error);
    if (code === 'ENOENT') throw failure(`${places.name} has no ${key} in its cgroup ${directory}`, error);
    if (value !== undefined && code !== 'ERR_CLONER')
      throw failure(`'${value}' cannot be written to ${key} of ${places.name}: ${reasonOf(error as Error)}`, error);
    throw error;
  }
  return 0;
}
