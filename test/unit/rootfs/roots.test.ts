import t from 'tap';
import { parseMountInfo } from '../../../lib/mountinfo.ts';
import { MOUNT_ATTR } from '../../../lib/program/constants.ts';
import type { Operation } from '../../../lib/program/operation.ts';
import { directoryRoot } from '../../../lib/rootfs/directory.ts';
import { hostLayers, hostRoot } from '../../../lib/rootfs/host.ts';
import { overlayRoot } from '../../../lib/rootfs/overlay.ts';
import { mountLine, mountTable } from '../support/mountinfo.ts';
import { inUserNamespace, rootfsContext } from '../support/rootfs.ts';

const argsOf = (operations: readonly Operation[], name: string) =>
  operations.filter((each) => each.name === name).map(({ args }) => args as Record<string, unknown>);
const overlays = (operations: readonly Operation[]) =>
  argsOf(operations, 'mount').filter(({ type }) => type === 'overlay');

t.test('a directory', (t) => {
  const context = rootfsContext();
  const operations = directoryRoot('/srv/rootfs', context);
  t.match(
    operations.map(({ name }) => name),
    ['mount', 'open', 'mountSetattr'],
  );
  t.match(operations[1]?.args, { into: context.root });
  t.match(operations[2]?.args, { dir: context.root, set: MOUNT_ATTR.NODEV });
  t.ok(JSON.stringify(operations).includes('/srv/rootfs'));
  t.ok(directoryRoot('/r', inUserNamespace()).every(({ actor }) => actor === 'host'));
  t.end();
});

t.test('an overlay whose changes vanish', (t) => {
  const context = rootfsContext();
  const operations = overlayRoot({ lower: ['/b', '/a'], size: 4096 }, context);
  t.match(argsOf(operations, 'mount')[0], { type: 'tmpfs', target: '/stage', data: /size=4096/ });
  t.match(overlays(operations), [{ data: /^lowerdir=\/b:\/a,upperdir=\/stage\/upper,workdir=\/stage\/work$/ }]);
  t.ok(operations.some(({ args }) => (args as { into?: number }).into === context.root));
  t.end();
});

t.test('paths are escaped', (t) => {
  const operations = overlayRoot({ lower: ['/a:b', '/c,d', '/e\\f'] }, rootfsContext());
  t.match(overlays(operations)[0]?.data, 'lowerdir=/a\\:b:/c\\,d:/e\\\\f,');
  t.end();
});

t.test('an overlay that keeps its changes', (t) => {
  const operations = overlayRoot({ lower: ['/a'], upper: '/u', work: '/u.work' }, rootfsContext());
  t.match(
    argsOf(operations, 'mkdir').map(({ path }) => path),
    ['/u', '/u.work'],
  );
  t.match(overlays(operations)[0]?.data, 'upperdir=/u,workdir=/u.work');
  t.end();
});

t.test('more layers than a page of options takes', (t) => {
  const lower = Array.from({ length: 200 }, (_, i) => `/var/lib/layers/number-${i}`);
  const operations = overlayRoot({ lower }, rootfsContext());
  const links = argsOf(operations, 'symlink');
  t.strictSame(
    links.map(({ target }) => target),
    lower,
  );
  const [mount] = overlays(operations);
  const data = String(mount?.data);
  t.equal(/^lowerdir=([^,]*)/.exec(data)?.[1], links.map(({ path }) => path).join(':'), 'the uppermost first');
  t.ok(data.length < 4000, 'mount(2) would cut more');
  t.match(data, 'upperdir=/stage/upper');
  t.ok(
    operations.findIndex(({ name }) => name === 'fchdir') < operations.findLastIndex(({ name }) => name === 'mount'),
    'the names are relative to the stage',
  );
  t.end();
});

t.test('in a user namespace the upper directory belongs to its root', (t) => {
  const operations = overlayRoot({ lower: ['/a'] }, inUserNamespace());
  t.match(argsOf(operations, 'chown'), [{ path: '/stage/upper', uid: 100000, gid: 100000 }]);
  t.ok(operations.filter(({ name }) => name === 'mount').every(({ actor }) => actor === 'host'));
  t.end();
});

const MOUNTS = mountTable(
  mountLine('/proc', 'proc'),
  mountLine('/', 'ext4'),
  mountLine('/dev', 'devtmpfs'),
  mountLine('/dev/shm', 'tmpfs'),
  mountLine('/run', 'tmpfs'),
  mountLine('/run/user/0', 'tmpfs'),
  mountLine('/home', 'xfs'),
  mountLine('/home/shared\\040files', 'ext4'),
  mountLine('/boot/efi', 'vfat'),
  mountLine('/proc/sys/fs/binfmt_misc', 'binfmt_misc'),
  mountLine('/tmp', 'tmpfs'),
  mountLine('/home', 'xfs'),
  mountLine('/runner', 'ext4'),
  mountLine('/nsfs', 'nsfs'),
);

t.test("which of the host's file systems are copied", (t) => {
  const mounts = parseMountInfo(`${MOUNTS}\n${mountLine('/var/lib/cofferdam/run/x', 'tmpfs')}`);
  t.strictSame(hostLayers(mounts, ['/var/lib/cofferdam/run']), [
    '/',
    '/boot/efi',
    '/home',
    '/home/shared files',
    '/runner',
  ]);
  t.end();
});

t.test("the host's root", (t) => {
  const context = rootfsContext();
  const host = {
    mountInfo: MOUNTS,
    hidden: ['/var/lib/cofferdam/run'],
    isDirectory: (path: string) => path !== '/boot/efi',
  };
  const operations = hostRoot(host, context);
  const lowers = overlays(operations).map(({ data, target }) => [/lowerdir=([^,]*)/.exec(String(data))?.[1], target]);
  t.strictSame(
    lowers.map(([lower]) => lower),
    ['/', '/home', '/home/shared files', '/runner'],
    'a mounted file cannot be a layer',
  );
  t.match(
    argsOf(operations, 'mount')
      .filter(({ dir }) => dir === context.root)
      .map(({ target, type }) => [target, type]),
    [
      ['/run', 'tmpfs'],
      ['/tmp', 'tmpfs'],
      ['/var/lib/cofferdam/run', 'tmpfs'],
    ],
    'fresh, and the state directory hidden',
  );
  const uppers = new Set(overlays(operations).map(({ data }) => /upperdir=([^,]*)/.exec(String(data))?.[1]));
  t.equal(uppers.size, 4, 'an upper directory each');
  t.end();
});
