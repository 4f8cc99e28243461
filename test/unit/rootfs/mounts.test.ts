import t from 'tap';
import { mount as normalize } from '../../../lib/options/mounts.ts';
import { AT, MOUNT_ATTR, MS, OPEN_TREE } from '../../../lib/program/constants.ts';
import { HOW } from '../../../lib/program/contract.ts';
import { plan } from '../../../lib/program/explain.ts';
import { defaultMounts } from '../../../lib/rootfs/defaults.ts';
import { maskOperations } from '../../../lib/rootfs/masks.ts';
import { type CgroupHierarchy, mountOperations } from '../../../lib/rootfs/mounts.ts';
import { argsOf } from '../support/operations.ts';
import { inUserNamespace, rootfsContext } from '../support/rootfs.ts';

const mount = (option: object, context = rootfsContext(), hierarchies: CgroupHierarchy[] = []) => {
  const { clone, attach } = mountOperations(normalize(option, 'mounts[0]'), hierarchies, context);
  return [...clone, ...attach];
};

t.test('a bind has its attributes before anybody can see it', (t) => {
  const context = rootfsContext();
  const operations = mount({ source: '/srv', target: '/data', options: ['ro', 'nosuid'] }, context);
  t.strictSame(
    operations.map(({ name }) => name),
    ['openTree', 'mountSetattr', 'moveMount'],
  );
  t.match(operations[0]?.args, { path: '/srv', flags: OPEN_TREE.CLONE });
  t.equal(argsOf(operations[0]).dir, undefined, "the source is the host's own path");
  t.match(operations[1]?.args, {
    set: MOUNT_ATTR.RDONLY | MOUNT_ATTR.NOSUID | MOUNT_ATTR.NODEV,
    propagation: MS.PRIVATE,
  });
  t.match(operations[2]?.args, { dir: context.root, target: '/data', how: HOW.create });
  t.end();
});

t.test('recursive binds and recursive options', (t) => {
  const recursive = mount({ source: '/srv', target: '/data', type: 'rbind', options: ['rro'], propagation: 'rslave' });
  t.match(recursive[0]?.args, { flags: OPEN_TREE.CLONE | AT.RECURSIVE });
  t.match(
    recursive.filter(({ name }) => name === 'mountSetattr').map(({ args }) => args),
    [{ flags: AT.EMPTY_PATH | AT.RECURSIVE, set: MOUNT_ATTR.RDONLY | MOUNT_ATTR.NODEV, propagation: MS.SLAVE }],
  );
  const readonly = mount({ source: '/srv', target: '/data', type: 'rbind', readonly: true });
  t.match(readonly[1]?.args, { flags: AT.EMPTY_PATH | AT.RECURSIVE, set: MOUNT_ATTR.RDONLY | MOUNT_ATTR.NODEV });
  const shallow = mount({ source: '/srv', target: '/data', type: 'rbind', options: ['ro'] });
  t.match(
    shallow[2]?.args,
    { flags: AT.EMPTY_PATH, set: MOUNT_ATTR.RDONLY },
    'ro is for the mount itself, as with mount(8)',
  );
  t.end();
});

t.test('devices are to be asked for', (t) => {
  const set = (options: object) =>
    mount({ source: '/srv', target: '/data', ...options }).map(
      (each) => Number(argsOf(each).set ?? 0) & MOUNT_ATTR.NODEV,
    );
  t.ok(set({}).some(Boolean));
  t.ok(set({ type: 'rbind' }).some(Boolean));
  t.notOk(set({ options: ['dev'] }).some(Boolean));
  t.notOk(set({ type: 'rbind', options: ['dev'] }).some(Boolean));
  t.notOk(set({ source: '/dev/kvm' }).some(Boolean));
  t.ok(set({ source: '/device' }).some(Boolean));
  t.end();
});

t.test('in a user namespace the host opens the source', (t) => {
  const operations = mount({ source: '/root/private', target: '/data', readonly: true }, inUserNamespace());
  t.strictSame(
    operations.map(({ name, actor }) => [name, actor]),
    [
      ['openTree', 'host'],
      ['mountSetattr', 'host'],
      ['moveMount', 'child'],
    ],
  );
  t.end();
});

t.test('file systems', (t) => {
  const [tmpfs, ...rest] = mount({ target: '/t', type: 'tmpfs', options: ['size=1m', 'noexec'] });
  t.strictSame(rest, []);
  t.match(tmpfs, {
    name: 'mount',
    args: {
      source: 'tmpfs',
      target: '/t',
      type: 'tmpfs',
      flags: MS.NOEXEC | MS.NODEV,
      data: 'size=1m',
      how: HOW.create,
    },
  });
  t.match(
    mount({ target: '/proc', type: 'proc' })[0]?.args,
    { how: HOW.create | HOW.nofollow },
    'proc goes on an ordinary directory',
  );
  t.match(mount({ target: '/t', type: 'tmpfs', propagation: 'shared' })[1], {
    name: 'mountSetattr',
    args: { propagation: MS.SHARED },
  });
  t.end();
});

t.test('cgroup hierarchies are read-only', (t) => {
  const v2: CgroupHierarchy = { version: 2, name: 'unified', options: '' };
  const memory: CgroupHierarchy = { version: 1, name: 'memory', options: 'memory' };
  const flags = (options: object[]) => options.every((each) => (each as { flags: number }).flags & MS.RDONLY);
  const target = { target: '/sys/fs/cgroup', type: 'cgroup' };
  const alone = mount(target, rootfsContext(), [v2]);
  t.match(alone, [{ name: 'mount', args: { type: 'cgroup2', target: '/sys/fs/cgroup' } }]);
  t.ok(flags(alone.map(({ args }) => args)));
  const hybrid = mount(target, rootfsContext(), [memory, v2]);
  t.match(
    hybrid.map(({ name, args }) => [name, (args as { target?: string }).target, (args as { type?: string }).type]),
    [
      ['mount', '/sys/fs/cgroup', 'tmpfs'],
      ['mount', '/sys/fs/cgroup/memory', 'cgroup'],
      ['mount', '/sys/fs/cgroup/unified', 'cgroup2'],
      ['mountSetattr', undefined, undefined],
    ],
  );
  t.ok(flags(hybrid.slice(1, 3).map(({ args }) => args)), 'a writable one gives the machine away (release_agent)');
  t.match(hybrid[3]?.args, { set: MOUNT_ATTR.RDONLY });
  t.end();
});

t.test('what every container has', (t) => {
  const context = rootfsContext();
  const operations = defaultMounts(context);
  const lines = plan(operations, context.slots).map(({ text }) => text.replace(/ \(.*/, ''));
  for (const line of [
    "mount 'proc' -> '/proc'",
    "mount 'sysfs' -> '/sys'",
    "mount 'tmpfs' -> '/dev'",
    "symlink 'pts/ptmx' -> '/dev/ptmx'",
    "mount 'devpts' -> '/dev/pts'",
    "mount 'tmpfs' -> '/dev/shm'",
    "mount 'mqueue' -> '/dev/mqueue'",
  ])
    t.ok(lines.includes(line), line);
  t.ok(operations.every(({ actor }) => actor === 'child'));
  t.ok(operations.length <= 36, `${operations.length} operations: each costs time at every launch`);
  for (const { name, args } of operations)
    if (name === 'mount') {
      const { target, how = 0, flags = 0 } = args as { target: string; how?: number; flags?: number };
      t.ok(how & HOW.nofollow, `${target} must not be a link`);
      t.ok(flags & MS.NOSUID && flags & MS.NOEXEC, `${target} is nosuid and noexec`);
    }
  t.end();
});

t.test('what exists once in a namespace is mounted once: the caller’s', (t) => {
  const own = [
    { type: 'proc', target: '/proc' },
    { type: 'sysfs', target: '/sys' },
    { type: 'mqueue', target: '/dev/mqueue' },
    { type: 'tmpfs', target: '/dev/shm' },
  ];
  const targets = defaultMounts(rootfsContext(), own)
    .filter(({ name }) => name === 'mount')
    .map(({ args }) => (args as { target: string }).target);
  t.strictSame(targets, ['/dev', '/dev/pts', '/dev/shm']);
  t.end();
});

t.test('in a user namespace the host’s side opens what is bound', (t) => {
  const operations = defaultMounts(inUserNamespace({ ownNetwork: false }));
  t.strictSame(
    operations
      .filter(({ name, actor }) => name === 'openTree' && actor === 'host')
      .map(({ args }) => (args as { path: string }).path),
    ['/sys', '/dev/null', '/dev/zero', '/dev/full', '/dev/random', '/dev/urandom', '/dev/tty'],
  );
  t.notOk(JSON.stringify(operations).includes('gid=5'), 'gid 5 may not be mapped');
  t.end();
});

t.test('masks', (t) => {
  const context = rootfsContext();
  const operations = maskOperations(['/proc/kcore', '/sys/firmware'], ['/proc/sys'], context);
  t.match(operations[0], { name: 'readonlyPath', args: { dir: context.root, path: '/proc/sys' } });
  const masks = operations.filter(({ name }) => name === 'mask').map(argsOf);
  t.strictSame(
    masks.map(({ path }) => path),
    ['/proc/kcore', '/sys/firmware'],
  );
  const [file, directory] = [
    operations.find(({ name }) => name === 'open' || name === 'openTree'),
    operations.find(({ name }) => name === 'newMount'),
  ];
  t.match(file?.args, { path: '/dev/null', into: masks[0]?.file });
  t.equal(argsOf(file).dir, undefined, "the host's /dev/null: the container's could be a link to what it hides");
  t.match(directory?.args, { type: 'tmpfs', into: masks[0]?.directory });
  t.ok(Number(argsOf(directory).attributes) & MOUNT_ATTR.RDONLY);
  t.match(maskOperations([], ['/proc/sys'], rootfsContext()), { length: 1 }, 'no cover for nothing');
  t.end();
});
