/**
 * `rootfs: 'host'`: the host's own root, copy-on-write. One overlay for each file system of the host, since an overlay
 * shows what is mounted below its layers as empty directories. What the host changes later shows undefined, and what the
 * host's files hold can be read inside: this is a convenience, not a secret-keeping sandbox.
 */

import { type MountInfo, parseMountInfo } from '../mountinfo.ts';
import { MS, O } from '../program/constants.ts';
import { type Operation, operation } from '../program/operation.ts';
import { giveToRoot, type RootfsContext } from './context.ts';
import { idmappedLayers, mountOverlay, stageOperations } from './overlay.ts';

/** The kernel's windows, and what belongs to the running host: given anew, or not at all. */
const NOT_COPIED = ['/proc', '/sys', '/dev', '/run', '/tmp'];

/** File systems that hold files worth showing. Others (autofs, nsfs, bpf ...) cannot be a layer or mean nothing inside. */
const LAYER_TYPES = new Set([
  'ext2',
  'ext3',
  'ext4',
  'xfs',
  'btrfs',
  'f2fs',
  'zfs',
  'tmpfs',
  'overlay',
  'squashfs',
  'erofs',
  'vfat',
  'bcachefs',
  'virtiofs',
  '9p',
  'nfs',
  'nfs4',
  'rootfs',
]);

const isBelow = (path: string, directory: string): boolean => path === directory || path.startsWith(`${directory}/`);

/** The mount points of the host that get an overlay, '/' first. */
export function hostLayers(mounts: readonly MountInfo[], hidden: readonly string[]): string[] {
  const points = mounts
    .filter(
      ({ type, mountPoint }) =>
        LAYER_TYPES.has(type) && ![...NOT_COPIED, ...hidden].some((path) => isBelow(mountPoint, path)),
    )
    .map(({ mountPoint }) => mountPoint);
  return ['/', ...[...new Set(points)].filter((point) => point !== '/').sort()];
}

export interface HostRoot {
  /** Text of /proc/self/mountinfo. */
  mountInfo: string;
  /** Directories that must not be seen inside: the state directory. */
  hidden: readonly string[];
  /** Files of mount points that are not directories cannot be overlaid; they show through as they are. */
  isDirectory(path: string): boolean;
  size?: number | undefined;
}

export function hostRoot(host: HostRoot, context: RootfsContext): Operation[] {
  const actor = context.privileged;
  const { stage, root: into } = context;
  const root = `${stage}/root`;
  const operations = stageOperations(context, host.size);
  operations.push(operation('mkdir', { path: root, mode: 0o755 }, { actor }));
  const layers = hostLayers(parseMountInfo(host.mountInfo), host.hidden).filter((path) => host.isDirectory(path));
  const lower = idmappedLayers(layers, context);
  operations.push(...lower.attach);
  layers.forEach((path, index) => {
    const upper = `${stage}/upper${index}`;
    const work = `${stage}/work${index}`;
    operations.push(
      operation('mkdir', { path: upper, mode: 0o755 }, { actor }),
      operation('mkdir', { path: work, mode: 0o755 }, { actor }),
    );
    if (context.userNamespace && !context.unprivileged) operations.push(giveToRoot(upper, context));
    if (context.unprivileged && index === 0) operations.push(operation('probeXattr', { path: upper }, { actor }));
    operations.push(
      ...mountOverlay(
        { lower: [lower.lower[index] as string] },
        upper,
        work,
        path === '/' ? root : `${root}${path}`,
        context,
      ),
    );
  });
  operations.push(operation('open', { path: root, flags: O.PATH | O.DIRECTORY, into }, { actor }));
  const fresh = (target: string, data: string, flags: number = MS.NOSUID | MS.NODEV) =>
    operation('mount', { source: 'tmpfs', dir: into, target, type: 'tmpfs', flags, data, how: 1 }, { actor });
  operations.push(fresh('/run', 'mode=0755'), fresh('/tmp', 'mode=1777'));
  for (const path of host.hidden)
    if (!['/run', '/tmp'].some((directory) => isBelow(path, directory)))
      operations.push(fresh(path, 'mode=0700,size=0'));
  return operations;
}
