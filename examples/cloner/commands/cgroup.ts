/** `cloner cgroup`: a file of a running container's cgroup. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Invocation, UsageError } from '../../shared/command-line.ts';
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

/** Where a process is in the hierarchy that has a controller: 'memory' of 'memory.max'. */
export function cgroupOf(controller: string, mountinfo: string, membership: string): string | undefined {
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
  return join(
    found.mountPoint,
    found.root !== '/' && path.startsWith(`${found.root}/`) ? path.slice(found.root.length) : path,
  );
}

export async function cgroup({ values, words }: Invocation<(typeof CGROUP)['options']>): Promise<number> {
  const [key = '', value] = words;
  if (!/^[a-z0-9_]+(\.[A-Za-z0-9_]+)+$/.test(key))
    throw new UsageError(`'${key}' is not a file of a cgroup; give one such as memory.max or cpuset.cpus`);
  const places = placesFor(values);
  const container = await requireRunning(places);
  const pid = container.pid;
  const directory = cgroupOf(
    key.split('.')[0] as string,
    readFileSync('/proc/self/mountinfo', 'utf8'),
    readFileSync(`/proc/${pid}/cgroup`, 'utf8'),
  );
  if (directory === undefined) throw failure(`no cgroup hierarchy with ${key} is mounted`);
  const file = join(directory, key);
  try {
    if (value === undefined) process.stdout.write(`${readFileSync(file, 'utf8').trimEnd()}\n`);
    else writeFileSync(file, value);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw failure(code === 'ENOENT' ? `${places.name} has no ${key} in its cgroup ${directory}` : message, error);
  }
  return 0;
}
