/** Root file systems and mounts. */
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ContainerOptions, createContainer, type MountOption } from 'cofferdam';
import { audited } from '../support/audit.ts';
import { busybox, makeBusybox, temporary } from '../support/rootfs.ts';

const sh = async (script: string, container: ContainerOptions) => {
  await using box = await createContainer(container);
  return await box.run(['sh', '-c', script]);
};

audited('a directory is used as it is', async (t) => {
  const rootfs = makeBusybox();
  t.match(await sh('echo kept > /kept; cat /kept', { rootfs }), { stdout: 'kept\n' });
  t.equal(readFileSync(join(rootfs, 'kept'), 'utf8'), 'kept\n');
  t.match(await sh('echo x > /other || echo refused', { rootfs, readonly: true }), { stdout: 'refused\n' });
  t.notOk(existsSync(join(rootfs, 'other')));
});

audited('an overlay keeps its lower directories and throws changes away', async (t) => {
  const lower = makeBusybox();
  t.match(await sh('echo x > /x; rm /etc/passwd; ls /', { rootfs: { lower } }), { exitCode: 0 });
  t.notOk(existsSync(join(lower, 'x')));
  t.ok(existsSync(join(lower, 'etc/passwd')));
  t.match(await sh('head -c 2000000 /dev/zero > /big || echo full', { rootfs: { lower, size: 1 << 20 } }), {
    stdout: 'full\n',
  });
});

audited('an overlay with an upper directory keeps changes there', async (t) => {
  const upper = join(temporary('upper'), 'changes');
  const rootfs = { lower: busybox(), upper };
  await sh('echo one > /note', { rootfs });
  t.equal(readFileSync(join(upper, 'note'), 'utf8'), 'one\n');
  t.match(await sh('cat /note', { rootfs }), { stdout: 'one\n' });
});

audited('layers: the uppermost is first; more of them than a page of options takes', async (t) => {
  const directory = temporary('layers');
  const layers = Array.from({ length: 60 }, (_, i) =>
    join(directory, `layer-with-a-name-that-is-long-enough-to-fill-a-page-${'x'.repeat(40)}-${i}`),
  );
  layers.forEach((layer, i) => {
    mkdirSync(layer);
    writeFileSync(join(layer, 'which'), `${i}\n`);
    writeFileSync(join(layer, `only-${i}`), '');
  });
  const odd = join(directory, 'a:b,c\\d');
  mkdirSync(odd);
  writeFileSync(join(odd, 'odd'), '');
  t.match(await sh('cat /which; ls / | grep -c only-', { rootfs: { lower: [...layers, busybox()] } }), {
    stdout: '0\n60\n',
  });
  t.match(await sh('ls /odd', { rootfs: { lower: [odd, busybox()] } }), { stdout: '/odd\n' });
});

audited('the host itself, copy-on-write', async (t) => {
  const marker = join(temporary('host'), 'file');
  writeFileSync(marker, '');
  const script =
    'echo changed > /etc/cofferdam-test && cat /etc/cofferdam-test; ls /run/cofferdam 2>&1; ls /tmp | wc -l';
  const { stdout } = await sh(script, { rootfs: 'host' });
  t.match(stdout, /^changed\n/);
  t.match(stdout, /No such file/, 'the state directory is hidden');
  t.match(stdout, /\n0\n$/, 'a fresh /tmp');
  t.notOk(existsSync('/etc/cofferdam-test'));
});

audited('mounts: bind, read-only, files, tmpfs, missing targets', async (t) => {
  const source = temporary('source');
  writeFileSync(join(source, 'file'), 'content\n');
  const options = (mounts: NonNullable<ContainerOptions['mounts']>): ContainerOptions => ({
    rootfs: { lower: busybox() },
    mounts,
  });
  t.match(await sh('cat /data/file; echo new > /data/new', options([{ source, target: '/data' }])), {
    stdout: 'content\n',
  });
  t.equal(readFileSync(join(source, 'new'), 'utf8'), 'new\n');
  t.match(await sh('echo x > /a/b/c/y || echo ro', options([{ source, target: '/a/b/c', readonly: true }])), {
    stdout: 'ro\n',
  });
  t.match(await sh('cat /etc/one', options([{ source: join(source, 'file'), target: '/etc/one' }])), {
    stdout: 'content\n',
  });
  t.match(
    await sh(
      'df -k /t | tail -1 | grep -c 1024; touch /t/x',
      options([{ type: 'tmpfs', target: '/t', options: ['size=1m', 'noexec'] }]),
    ),
    { stdout: '1\n', exitCode: 0 },
  );
  t.match(
    await sh(
      'mount | grep -c "on /data .*nosuid.*noexec"',
      options([{ source, target: '/data', options: ['nosuid', 'noexec'] }]),
    ),
    { stdout: '1\n' },
  );
  t.match(await sh('ls -d /sys/fs/cgroup/*', options([{ type: 'cgroup', target: '/sys/fs/cgroup' }])), { exitCode: 0 });
  await t.rejects(sh('true', options([{ source: join(source, 'missing'), target: '/x' }])), {
    code: 'ENOENT',
    syscall: 'open_tree',
    message: /missing/,
  });
});

audited('rbind takes what is mounted below', async (t) => {
  await using outer = await createContainer({
    rootfs: { lower: busybox() },
    mounts: [{ source: '/dev', target: '/hostdev', type: 'rbind', readonly: true }],
  });
  t.match(await outer.run(['ls', '/hostdev/pts/ptmx']), { stdout: '/hostdev/pts/ptmx\n' });
});

audited('what an rbind says of devices and of writing holds for what is mounted below as well', async (t) => {
  // /dev has mounts below it, among them some that let devices open.
  const mounts: MountOption[] = [
    { source: '/dev', target: '/nodev', options: ['rbind', 'nodev', 'nosuid'] },
    { source: '/dev', target: '/readonly', type: 'rbind', readonly: true },
  ];
  await using box = await createContainer({ rootfs: { lower: busybox() }, mounts });
  const { stdout } = await box.run(['cat', '/proc/self/mountinfo']);
  for (const [target, word] of [
    ['/nodev', 'nodev'],
    ['/readonly', 'ro'],
  ] as const) {
    const found = stdout
      .split('\n')
      .map((line) => line.split(' '))
      .filter(([, , , , point = '']) => point.startsWith(target));
    t.ok(found.length > 1, `mounts below ${target}`);
    for (const [, , , , point = '', words = ''] of found) t.ok(words.split(',').includes(word), `${point} ${words}`);
  }
});

audited('default /dev works and is its own', async (t) => {
  const { stdout } = await sh(
    'echo x > /dev/null; head -c 3 /dev/zero | wc -c; head -c 3 /dev/urandom | wc -c; ls -l /dev/fd; readlink /dev/stdout; readlink /dev/ptmx; touch /dev/shm/x; stat -c %a /dev/shm; ls /dev/pts; mount | grep mqueue | wc -l',
    { rootfs: { lower: busybox() } },
  );
  t.match(stdout, /^3\n3\n/);
  t.match(stdout, /\/proc\/self\/fd\/1\npts\/ptmx\n1777\nptmx\n1\n$/);
});

audited('targets stay inside the root, whatever links the image has', async (t) => {
  const canary = temporary('canary');
  const source = temporary('source');
  writeFileSync(join(source, 'file'), '');
  const lower = makeBusybox();
  symlinkSync(canary, join(lower, 'absolute'));
  symlinkSync(`../../../../../../../../../../..${canary}`, join(lower, 'relative'));
  symlinkSync('/proc/1/root', join(lower, 'magic'));
  for (const target of ['/absolute/new', '/relative/new', '/absolute'])
    t.match(await sh('true', { rootfs: { lower }, mounts: [{ source, target }] }), { exitCode: 0 }, target);
  await t.rejects(
    sh('true', { rootfs: { lower }, mounts: [{ source, target: '/magic/x' }] }),
    /ELOOP|EACCES|ENOENT|ENOTDIR|EXDEV/,
  );
  t.strictSame(readdirSync(canary), []);
});

audited(
  'CVE-2019-19921 CVE-2023-27561 CVE-2026-41579: /proc, /sys and /dev must be ordinary directories',
  async (t) => {
    for (const name of ['proc', 'sys', 'dev']) {
      const canary = temporary('canary');
      for (const file of ['ptmx', 'fd', 'stdin']) writeFileSync(join(canary, file), 'host');
      const lower = makeBusybox();
      const { rmSync } = await import('node:fs');
      rmSync(join(lower, name), { recursive: true });
      symlinkSync(canary, join(lower, name));
      await t.rejects(sh('true', { rootfs: lower }), { code: /ENOTDIR|ELOOP/, message: new RegExp(name) });
      t.strictSame(readdirSync(canary).sort(), ['fd', 'ptmx', 'stdin']);
    }
  },
);

audited('rootfs errors', async (t) => {
  const file = join(temporary('archive'), 'root.tar.gz');
  writeFileSync(file, '');
  await t.rejects(sh('true', { rootfs: '/no/such/root' }), { code: 'ERR_ROOTFS', message: /no\/such\/root/ });
  await t.rejects(sh('true', { rootfs: file }), { code: 'ERR_ROOTFS', message: /tar -C/ });
});

audited('proc and sysfs with other options take the place of the default ones', async (t) => {
  const again = (type: 'proc' | 'sysfs', target: string) =>
    ({ type, source: type, target, options: ['nosuid'] }) as const;
  const mounts = [again('proc', '/proc'), again('sysfs', '/sys')];
  for (const userNamespace of [undefined, 'auto'] as const) {
    await using box = await createContainer({ rootfs: { lower: busybox() }, mounts, userNamespace });
    const { stdout } = await box.run(['sh', '-c', 'cat /proc/mounts; echo x 2>&1 > /proc/sys/kernel/hostname']);
    t.match(stdout, /^proc \/proc proc rw,nosuid,relatime /m);
    t.match(stdout, /^sysfs \/sys sysfs rw,nosuid,relatime /m);
    t.match(stdout, /^proc \/proc\/sys proc ro,/m, 'what is read-only below stays so');
  }
});
