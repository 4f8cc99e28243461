import t from 'tap';
import { MOUNT_ATTRIBUTES } from '../../../lib/options/mounts.ts';
import { MOUNT_ATTR_ATIME_MASK as ATIME, MOUNT_ATTR, MS } from '../../../lib/program/constants.ts';
import { MOUNT_OPTIONS, mountFlags } from '../../../lib/rootfs/flags.ts';

const NONE = { ms: 0, set: 0, clear: 0, recursiveSet: 0, recursiveClear: 0, data: '' };

const CASES: [options: string[], flags: Partial<typeof NONE>][] = [
  [[], {}],
  [['ro'], { ms: MS.RDONLY, set: MOUNT_ATTR.RDONLY }],
  [['ro', 'rw'], { clear: MOUNT_ATTR.RDONLY }],
  [['rw', 'ro'], { ms: MS.RDONLY, set: MOUNT_ATTR.RDONLY }],
  [
    ['nosuid', 'nodev', 'noexec'],
    { ms: MS.NOSUID | MS.NODEV | MS.NOEXEC, set: MOUNT_ATTR.NOSUID | MOUNT_ATTR.NODEV | MOUNT_ATTR.NOEXEC },
  ],
  [['rro'], { ms: MS.RDONLY, recursiveSet: MOUNT_ATTR.RDONLY }],
  [['noatime'], { ms: MS.NOATIME, set: MOUNT_ATTR.NOATIME, clear: ATIME }],
  [['strictatime'], { ms: MS.STRICTATIME, set: MOUNT_ATTR.STRICTATIME, clear: ATIME }],
  [['strictatime', 'noatime'], { ms: MS.NOATIME, set: MOUNT_ATTR.NOATIME, clear: ATIME }],
  [['noatime', 'relatime'], { ms: MS.RELATIME, clear: ATIME }],
  [['relatime'], { ms: MS.RELATIME, clear: ATIME }],
  [['size=1m', 'nosuid', 'mode=1777'], { ms: MS.NOSUID, set: MOUNT_ATTR.NOSUID, data: 'size=1m,mode=1777' }],
  [['defaults'], {}],
  [['constructor', '__proto__'], { data: 'constructor,__proto__' }],
];

t.test('options', (t) => {
  for (const [options, flags] of CASES) t.strictSame(mountFlags(options), { ...NONE, ...flags }, options.join(','));
  t.end();
});

t.test('mount(2) and mount_setattr(2) number these alike, which `rw` relies on', (t) => {
  for (const name of ['RDONLY', 'NOSUID', 'NODEV', 'NOEXEC'] as const) t.equal(MS[name], MOUNT_ATTR[name]);
  t.end();
});

t.test('what the options accept for a bind mount is what can be done with it', (t) => {
  t.strictSame([...MOUNT_ATTRIBUTES].sort(), Object.keys(MOUNT_OPTIONS).sort());
  t.end();
});
