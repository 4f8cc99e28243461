/**
 * An overlay as root file system, see the kernel's Documentation/filesystems/overlayfs.rst. It is mounted in the
 * container's own mount namespace, below the stage directory, so that the host never sees it and its end needs no
 * umount: upper tmpfs and overlay go when the namespace does.
 */
import { basename, dirname } from 'node:path';
import { MS, O } from '../program/constants.ts';
import { type Operation, operation } from '../program/operation.ts';
import { attachIdmapped, giveToRoot, type RootfsContext } from './context.ts';

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
  // In a user namespace the marks of an overlay are user.* attributes: trusted.* take the host's CAP_SYS_ADMIN.
  const marks = context.unprivileged ? ',userxattr' : '';
  const data = (lower: readonly string[]) =>
    `lowerdir=${lower.join(':')},upperdir=${escaped(upper)},workdir=${escaped(work)}${marks}`;
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

/**
 * Lower layers with the container's view of their owners: an overlay takes it over from the mounts that it is made of
 * (Linux 5.19). Each layer is mounted in the stage directory for that.
 */
export function idmappedLayers(
  layers: readonly string[],
  context: RootfsContext,
): { lower: string[]; attach: Operation[] } {
  if (context.idmap === undefined) return { lower: [...layers], attach: [] };
  const slot = context.slots.reserve('layer');
  const lower = layers.map((_, index) => `${context.stage}/lower${index}`);
  const { privileged: actor } = context;
  return {
    lower,
    attach: layers.flatMap((path, index) => [
      operation('mkdir', { path: lower[index] as string, mode: 0o755 }, { actor }),
      ...attachIdmapped(path, lower[index] as string, 0, slot, context),
    ]),
  };
}

/** The directory that has both, which an overlay wants on one mount. */
function commonDirectory(a: string, b: string): string {
  const [first, second] = [a.split('/'), b.split('/')];
  const length = first.findIndex((name, index) => name !== second[index]);
  return first.slice(0, Math.min(length < 0 ? first.length : length, first.length - 1)).join('/') || '/';
}

/** The caller's upper directory, which stays: idmapped, or each container's files would belong to another range. */
function idmappedUpper(
  upper: string,
  work: string,
  context: RootfsContext,
): { upper: string; work: string; attach: Operation[] } {
  if (context.idmap === undefined) return { upper, work, attach: [] };
  const { privileged: actor, stage } = context;
  const common = commonDirectory(upper, work);
  const place = `${stage}/changes`;
  const below = (path: string) => `${place}/${path.slice(common === '/' ? 1 : common.length + 1)}`;
  return {
    upper: below(upper),
    work: below(work),
    attach: [
      operation('mkdir', { path: place, mode: 0o755 }, { actor }),
      ...attachIdmapped(common, place, 0, context.slots.reserve('upper directory'), context),
    ],
  };
}

export function overlayRoot(layers: OverlayLayers, context: RootfsContext): Operation[] {
  const actor = context.privileged;
  const { stage } = context;
  const root = `${stage}/root`;
  const directory = (path: string, parents = 0) =>
    operation('mkdir', { path, mode: 0o755, parents }, { actor, tolerate: ['EEXIST'] });
  const upper = layers.upper ?? `${stage}/upper`;
  const work = layers.work ?? `${stage}/work`;
  const lower = idmappedLayers(layers.lower, context);
  const changes = layers.upper === undefined ? { upper, work, attach: [] } : idmappedUpper(upper, work, context);
  // The upper directory's owner is the merged root's; on an idmapped mount root's directory is the container's root's.
  const own = context.userNamespace && !context.unprivileged && changes.attach.length === 0;
  return [
    ...stageOperations(context, layers.size),
    directory(upper, layers.upper ? 1 : 0),
    directory(work, layers.work ? 1 : 0),
    directory(root),
    ...(own ? [giveToRoot(upper, context)] : []),
    ...(context.unprivileged ? [operation('probeXattr', { path: upper }, { actor })] : []),
    ...lower.attach,
    ...changes.attach,
    ...mountOverlay({ lower: lower.lower }, changes.upper, changes.work, root, context),
    operation('open', { path: root, flags: O.PATH | O.DIRECTORY, into: context.root }, { actor }),
  ];
}

/** Where the work directory of `upper` is unless the caller says: beside it, on the same file system. */
export const defaultWork = (upper: string): string => `${dirname(upper)}/${basename(upper)}.work`;
