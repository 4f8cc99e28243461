/** What a copy of a container's root file system is made of. */
import { existsSync } from 'node:fs';
import type { OverlayRootfs, RootfsOption } from '../options/types.ts';
import type { Places } from '../state/places.ts';

/** Which files hold what a container has written: a directory that a full copy copies. Undefined: nothing of it stays. */
export function ownFiles(rootfs: RootfsOption): string | undefined {
  if (rootfs === 'host') return undefined;
  return typeof rootfs === 'string' ? rootfs : rootfs.upper;
}

/** The uppermost first. */
export const lowerOf = ({ lower }: OverlayRootfs): readonly string[] => (typeof lower === 'string' ? [lower] : lower);

/** The layer of its own that a container has; one that was never started has none yet. */
const writtenTo = ({ upper }: OverlayRootfs): string[] => (upper !== undefined && existsSync(upper) ? [upper] : []);

/** The source's files as layers that are only read, and changes in `upper`, or in a tmpfs that vanishes. */
export function overlayCopy(rootfs: RootfsOption, upper?: Pick<Places, 'upper' | 'work'>, size?: number): RootfsOption {
  if (rootfs === 'host') return rootfs;
  const lower = typeof rootfs === 'string' ? [rootfs] : [...writtenTo(rootfs), ...lowerOf(rootfs)];
  return {
    lower,
    ...(upper && { upper: upper.upper, work: upper.work }),
    ...(size !== undefined && !upper && { size }),
  };
}

/** The same layers, but files of its own for what the source has written. */
export function fullCopy(rootfs: RootfsOption, { home, upper, work }: Places): RootfsOption {
  if (rootfs === 'host') return rootfs;
  if (typeof rootfs === 'string') return `${home}/rootfs`;
  return rootfs.upper === undefined ? rootfs : { ...rootfs, upper, work };
}
