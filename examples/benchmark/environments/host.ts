/**
 * What this host needs so that everything compared can run: crun refuses a machine with v1 controllers as soon as the v2
 * hierarchy has any, be it hugetlb alone, which no container here uses. It reads that from one file; where the file says so,
 * what is measured runs in a mount namespace of its own in which the file is empty. The host sees nothing of it.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What is read; a test gives its own. */
export interface HostFiles {
  mountInfo: string;
  /** cgroup.controllers of a v2 mount. */
  controllers(path: string): string;
}

/** The file that has to be empty, if any. */
export function controllersToCover({ mountInfo, controllers }: HostFiles): string | undefined {
  const mounts = mountInfo.split('\n').flatMap((line) => {
    const [before = '', after = ''] = line.split(' - ');
    const type = after.split(' ')[0];
    return type === 'cgroup' || type === 'cgroup2' ? [{ type, mountPoint: before.split(' ')[4] as string }] : [];
  });
  const unified = mounts.find(({ type }) => type === 'cgroup2');
  if (!unified || mounts.every(({ type }) => type === 'cgroup2')) return undefined;
  const path = join(unified.mountPoint, 'cgroup.controllers');
  return controllers(path).trim() === '' ? undefined : path;
}

export const thisHost = (): HostFiles => ({
  mountInfo: readFileSync('/proc/self/mountinfo', 'utf8'),
  controllers: (path) => readFileSync(path, 'utf8'),
});

/** Words before a command that run it so: in the same process, after one exec. */
export function inPrivateMounts(covered: string | undefined): string[] {
  if (covered === undefined) return [];
  const script = 'mount --bind /dev/null "$0" && exec "$@"';
  return ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', script, covered];
}
