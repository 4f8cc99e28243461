import t from 'tap';
import { parseMountInfo } from '../../lib/mountinfo.ts';
import { mountLine, mountTable } from './support/mountinfo.ts';

const reached = (text: string) => parseMountInfo(text).map(({ mountPoint, type }) => `${mountPoint} ${type}`);

t.test('fields', (t) => {
  t.strictSame(
    parseMountInfo('30 20 0:31 /a\\040b /c\\134d rw,nosuid shared:1 master:2 - cgroup cgroup rw,cpu,cpuacct\n'),
    [{ id: 30, parent: 20, root: '/a b', mountPoint: '/c\\d', type: 'cgroup', superOptions: ['rw', 'cpu', 'cpuacct'] }],
  );
  t.end();
});

t.test('what something else was mounted over is not reached', (t) => {
  const cgroups = [mountLine('/sys/fs/cgroup', 'tmpfs'), mountLine('/sys/fs/cgroup/memory', 'cgroup', 'rw,memory')];
  const before = [mountLine('/', 'ext4'), mountLine('/sys', 'sysfs'), ...cgroups];
  t.strictSame(reached(mountTable(...before)), [
    '/ ext4',
    '/sys sysfs',
    '/sys/fs/cgroup tmpfs',
    '/sys/fs/cgroup/memory cgroup',
  ]);

  const again = mountLine('/sys', 'sysfs');
  const [old = '', id] = [before[1]?.split(' ')[0], again.split(' ')[0]];
  const over = again.replace(' 20 ', ` ${old} `);
  const anew = mountLine('/sys/fs/cgroup', 'cgroup2').replace(' 20 ', ` ${id} `);
  t.strictSame(
    reached(`${mountTable(...before)}${over}\n${anew}\n`),
    ['/ ext4', '/sys sysfs', '/sys/fs/cgroup cgroup2'],
    'on the same directory: it, and all that is on it',
  );

  const root = before[0]?.split(' ')[0];
  const above = mountLine('/sys/fs', 'tmpfs').replace(' 20 ', ` ${old} `);
  t.strictSame(
    reached(`${mountTable(...before)}${above}\n`),
    ['/ ext4', '/sys sysfs', '/sys/fs tmpfs'],
    'on a directory above',
  );
  const beside = mountLine('/sys/fs/cg', 'tmpfs').replace(' 20 ', ` ${root} `);
  t.equal(
    reached(`${mountTable(...before)}${beside}\n`).length,
    4,
    'a mount that the old sysfs hides, and none that it hides',
  );
  t.end();
});

t.test('a root that is its own parent, and one whose parent is not shown', (t) => {
  t.strictSame(reached('1 1 0:2 / / rw - rootfs rootfs rw\n20 1 0:3 / /proc rw - proc proc rw\n'), [
    '/ rootfs',
    '/proc proc',
  ]);
  t.strictSame(reached('30 7 0:3 / /proc rw - proc proc rw\n'), ['/proc proc'], 'chroot(2): its root may be no mount');
  t.end();
});
