/** Paths of /proc and /sys that tell of the host or change it: hidden, or read-only. */

import { AT, MOUNT_ATTR, OPEN_TREE } from '../program/constants.ts';
import { type Operation, operation } from '../program/operation.ts';
import type { RootfsContext } from './context.ts';

/**
 * The cover of files is the host's /dev/null, held by a descriptor: a container's /dev/null could be a link to the very
 * file that is to be hidden (CVE-2025-31133). Its mount is read-only, or chmod(2) on it would act on the host's. Directories
 * share one empty read-only tmpfs.
 */
export function maskOperations(
  maskedPaths: readonly string[],
  readonlyPaths: readonly string[],
  context: RootfsContext,
): Operation[] {
  const dir = context.root;
  const operations: Operation[] = readonlyPaths.map((path) => operation('readonlyPath', { dir, path }));
  if (maskedPaths.length === 0) return operations;
  const file = context.slots.reserve('/dev/null');
  const directory = context.slots.reserve('empty directory');
  operations.push(
    operation('openTree', { path: '/dev/null', flags: OPEN_TREE.CLONE, into: file }, { actor: context.privileged }),
    operation(
      'mountSetattr',
      { dir: file, flags: AT.EMPTY_PATH, set: MOUNT_ATTR.RDONLY | MOUNT_ATTR.NOSUID | MOUNT_ATTR.NOEXEC },
      { actor: context.privileged },
    ),
    operation('newMount', {
      type: 'tmpfs',
      options: ['mode=0755', 'nr_inodes=1', 'size=0'],
      attributes: MOUNT_ATTR.RDONLY | MOUNT_ATTR.NOSUID | MOUNT_ATTR.NODEV | MOUNT_ATTR.NOEXEC,
      into: directory,
    }),
    ...maskedPaths.map((path) => operation('mask', { dir, path, file, directory })),
  );
  return operations;
}
