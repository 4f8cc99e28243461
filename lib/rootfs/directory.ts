/** A directory as root file system. */

import { AT, MOUNT_ATTR, MS, O } from '../program/constants.ts';
import { type Operation, operation } from '../program/operation.ts';
import { attachIdmapped, type RootfsContext } from './context.ts';

/** pivot_root(2) wants a mount: the directory is bound on itself, with what is mounted below it. */
export function directoryRoot(path: string, context: RootfsContext): Operation[] {
  const actor = context.privileged;
  const bound =
    context.idmap === undefined
      ? [operation('mount', { source: path, target: path, flags: MS.BIND | MS.REC }, { actor })]
      : attachIdmapped(path, path, AT.RECURSIVE, context.slots.reserve(`mount ${path}`), context);
  return [
    ...bound,
    operation('open', { path, flags: O.PATH | O.DIRECTORY, into: context.root }, { actor }),
    // A device node that an image brought, or that was made with CAP_MKNOD, opens nothing.
    operation(
      'mountSetattr',
      { dir: context.root, flags: AT.EMPTY_PATH | AT.RECURSIVE, set: MOUNT_ATTR.NODEV },
      { actor },
    ),
  ];
}
