/** mount(8)'s option names as mount(2) and mount_setattr(2) flags: one table for both. */

import { MOUNT_ATTR, MOUNT_ATTR_ATIME_MASK, MS } from '../program/constants.ts';

interface OptionRow {
  ms: number;
  set: number;
  clear: number;
  /** Also for the mounts below. */
  recursive?: boolean;
}

const on = (ms: number, set: number): OptionRow => ({ ms, set, clear: 0 });
const off = (clear: number): OptionRow => ({ ms: 0, set: 0, clear });
const atime = (ms: number, set: number): OptionRow => ({ ms, set, clear: MOUNT_ATTR_ATIME_MASK });

/** Options that are attributes of a mount; any other word is the file system's own. */
export const MOUNT_OPTIONS: Readonly<Record<string, OptionRow>> = Object.assign(Object.create(null), {
  ro: on(MS.RDONLY, MOUNT_ATTR.RDONLY),
  rw: off(MOUNT_ATTR.RDONLY),
  nosuid: on(MS.NOSUID, MOUNT_ATTR.NOSUID),
  suid: off(MOUNT_ATTR.NOSUID),
  nodev: on(MS.NODEV, MOUNT_ATTR.NODEV),
  dev: off(MOUNT_ATTR.NODEV),
  noexec: on(MS.NOEXEC, MOUNT_ATTR.NOEXEC),
  exec: off(MOUNT_ATTR.NOEXEC),
  noatime: atime(MS.NOATIME, MOUNT_ATTR.NOATIME),
  relatime: atime(MS.RELATIME, 0),
  strictatime: atime(MS.STRICTATIME, MOUNT_ATTR.STRICTATIME),
  nodiratime: on(MS.NODIRATIME, MOUNT_ATTR.NODIRATIME),
  rro: { ...on(MS.RDONLY, MOUNT_ATTR.RDONLY), recursive: true },
  rnosuid: { ...on(MS.NOSUID, MOUNT_ATTR.NOSUID), recursive: true },
  rnodev: { ...on(MS.NODEV, MOUNT_ATTR.NODEV), recursive: true },
  rnoexec: { ...on(MS.NOEXEC, MOUNT_ATTR.NOEXEC), recursive: true },
  defaults: { ms: 0, set: 0, clear: 0 },
} satisfies Record<string, OptionRow>);

/** mount_namespaces(7): propagation types, as mount(2) and mount_setattr(2) number them. */
export const PROPAGATION = {
  private: MS.PRIVATE,
  slave: MS.SLAVE,
  shared: MS.SHARED,
  unbindable: MS.UNBINDABLE,
} as const;

/** What a list of mount(8) options comes to. */
export interface MountFlags {
  /** For mount(2). */
  ms: number;
  /** For mount_setattr(2), this mount and the ones below it. */
  set: number;
  clear: number;
  recursiveSet: number;
  recursiveClear: number;
  /** The file system's own options, joined by commas. */
  data: string;
}

const MS_ATIME = MS.NOATIME | MS.RELATIME | MS.STRICTATIME;

/** Sort options into flags and the file system's own; a later one wins over an earlier. */
export function mountFlags(options: readonly string[]): MountFlags {
  const flags: MountFlags = { ms: 0, set: 0, clear: 0, recursiveSet: 0, recursiveClear: 0, data: '' };
  const data: string[] = [];
  for (const option of options) {
    const row = MOUNT_OPTIONS[option];
    if (!row) {
      data.push(option);
      continue;
    }
    // MS_* bits equal those of MOUNT_ATTR_* for ro, nosuid, nodev and noexec: `rw` takes back `ro` in both. Of several that
    // say when access times are kept, mount(2) would take strictatime.
    const before = row.clear === MOUNT_ATTR_ATIME_MASK ? MS_ATIME : row.clear & 0xf;
    flags.ms = (flags.ms & ~before) | row.ms;
    if (row.recursive) {
      flags.recursiveSet |= row.set;
      flags.recursiveClear |= row.clear;
    } else {
      flags.set = (flags.set & ~row.clear) | row.set;
      flags.clear = (flags.clear | row.clear) & ~(row.clear === MOUNT_ATTR_ATIME_MASK ? 0 : row.set);
    }
  }
  flags.data = data.join(',');
  return flags;
}
