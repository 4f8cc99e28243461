/**
 * An overlay as root file system, see the kernel's Documentation/filesystems/overlayfs.rst. It is mounted in the
 * container's own mount namespace, below the stage directory, so that the host never sees it and its end needs no
 * umount: upper tmpfs and overlay go when the namespace does.
 */
import { basename, dirname } from 'node:path';
import { MS, O } from '../program/constants.ts';
import { type Operation, operation } from '../program/operation.ts';
import type { RootfsContext } from './context.ts';

/** mount(2) copies one page of options. */
const MOST_OPTIONS = 4000;

export interface OverlayLayers {
  /** Absolute paths, the uppermost first. */
  lower: readonly string[];
  /** Absolute paths of directories; none: a tmpfs of `size` bytes. */
  upper?: string | undefined;
  work?: string | undefined;
  size?: number | undefined;
}

/** Backslash, colon and comma separate layers and options. */
const escaped = (path: string): string => path.replace(/[\\:,]/g, '\\$&');

/** The tmpfs on the stage directory, in which `root` will be the new root. */
export function stageOperations(context: RootfsContext, size?: number): Operation[] {
  const data = size === undefined ? 'mode=0755' : `mode=0755,size=${size}`;
  return [
    operation(
      'mount',
      { source: 'cofferdam', target: context.stage, type: 'tmpfs', data },
      { actor: context.privileged },
    ),
  ];
}

/**
 * Mount an overlay of `layers` on the directory `target`, which exists. Layers whose paths do not fit into a page get short
 * names: links in the stage directory, relative to which the overlay is then mounted.
 */
export function mountOverlay(
  layers: OverlayLayers,
  upper: string,
  work: string,
  target: string,
  context: RootfsContext,
): Operation[] {
  const actor = context.privileged;
  const data = (lower: readonly string[]) =>
    `lowerdir=${lower.join(':')},upperdir=${escaped(upper)},workdir=${escaped(work)}`;
  const mount = (lower: readonly string[]) =>
    // A device node that an image brought, or that was made with CAP_MKNOD, opens nothing.
    operation('mount', { source: 'overlay', target, type: 'overlay', flags: MS.NODEV, data: data(lower) }, { actor });
  const lower = layers.lower.map(escaped);
  if (Buffer.byteLength(data(lower)) < MOST_OPTIONS) return [mount(lower)];
  const stage = context.slots.reserve('stage', context.stage);
  const names = lower.map((_, index) => index.toString(36));
  return [
    operation('open', { path: context.stage, flags: O.PATH | O.DIRECTORY, into: stage }, { actor }),
    ...layers.lower.map((path, index) =>
      operation('symlink', { dir: stage, path: names[index] as string, target: path }, { actor }),
    ),
    operation('fchdir', { directory: stage }, { actor }),
    mount(names),
  ];
}

export function overlayRoot(layers: OverlayLayers, context: RootfsContext): Operation[] {
  const actor = context.privileged;
  const { stage, owner } = context;
  const root = `${stage}/root`;
  const operations = stageOperations(context, layers.size);
  const directory = (path: string, parents = 0) =>
    operation('mkdir', { path, mode: 0o755, parents }, { actor, tolerate: ['EEXIST'] });
  const upper = layers.upper ?? `${stage}/upper`;
  const work = layers.work ?? `${stage}/work`;
  operations.push(directory(upper, layers.upper ? 1 : 0), directory(work, layers.work ? 1 : 0), directory(root));
  // The upper directory's owner is the merged root's.
  if (context.userNamespace) operations.push(operation('chown', { path: upper, ...owner }, { actor }));
  operations.push(...mountOverlay(layers, upper, work, root, context));
  operations.push(operation('open', { path: root, flags: O.PATH | O.DIRECTORY, into: context.root }, { actor }));
  return operations;
}

/** Where the work directory of `upper` is unless the caller says: beside it, on the same file system. */
export const defaultWork = (upper: string): string => `${dirname(upper)}/${basename(upper)}.work`;
