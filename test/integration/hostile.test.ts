/** What hostile images and commands try, named by the CVE in which somebody else met it. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { type ContainerOptions, createContainer } from 'cofferdam';
import { audited } from '../support/audit.ts';
import { busybox, makeBusybox, temporary } from '../support/rootfs.ts';

const sh = async (script: string, container: Partial<ContainerOptions> = {}, options = {}) => {
  await using box = await createContainer({ rootfs: { lower: busybox() }, ...container });
  return await box.run(['sh', '-c', script], options);
};

const hash = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');
const addon = createRequire(import.meta.url)('node-gyp-build').resolve(process.cwd()) as string;

audited('CVE-2019-5736: the executable that starts containers cannot be reached by /proc/self/exe', async (t) => {
  const before = [process.execPath, addon].map(hash);
  const lower = makeBusybox();
  writeFileSync(join(lower, 'bin/evil'), '#!/proc/self/exe\n', { mode: 0o755 });
  await using box = await createContainer({ rootfs: lower });
  const outcome = await box.run(['/bin/evil']).then(
    ({ exitCode }) => exitCode,
    (error) => error.code,
  );
  t.match(String(outcome), /^(126|ERR_COMMAND_NOT_EXECUTABLE)$/);
  await box.start([
    'sh',
    '-c',
    'while :; do for p in /proc/[0-9]*; do [ "$(readlink $p/exe)" != /bin/busybox ] && (echo x >> $p/exe) 2>/dev/null && echo written; done; done',
  ]);
  for (let i = 0; i < 50; i++) {
    await box.exec(['/bin/evil']).catch(() => {});
    await box.exec(['true']);
  }
  box.kill();
  t.strictSame([process.execPath, addon].map(hash), before);
});

audited('CVE-2024-21626: no descriptor of the host is a working directory', async (t) => {
  for (let fd = 0; fd < 24; fd++)
    for (const cwd of [`/proc/self/fd/${fd}`, `/proc/1/fd/${fd}`, `/proc/self/fd/${fd}/../..`])
      await t.rejects(sh('true', {}, { cwd }), { code: /^ERR_(CWD|INVALID_OPTION_VALUE)$/ }, cwd);
  await t.rejects(sh('true', {}, { cwd: '/proc/self/cwd' }), { code: 'ERR_CWD' });
  const lower = makeBusybox();
  for (let fd = 3; fd < 12; fd++) symlinkSync(`/proc/self/fd/${fd}`, join(lower, `link${fd}`));
  for (let fd = 3; fd < 12; fd++)
    await t.rejects(sh('true', { rootfs: lower }, { cwd: `/link${fd}` }), { code: 'ERR_CWD' });
  await using box = await createContainer({ rootfs: lower });
  for (let fd = 3; fd < 12; fd++)
    await t.rejects(box.run([`/proc/self/fd/${fd}/../../bin/sh`, '-c', 'true']), /ERR_COMMAND|not found|executed/);
});

audited('CVE-2024-9676: /etc/passwd that is a fifo, a device or huge does not hang or fill anything', async (t) => {
  for (const make of [
    (path: string) => execFileSync('mkfifo', [path]),
    (path: string) => symlinkSync('/dev/zero', path),
    (path: string) => execFileSync('truncate', ['-s', '1G', path]),
  ]) {
    const lower = makeBusybox();
    rmSync(join(lower, 'etc/passwd'));
    make(join(lower, 'etc/passwd'));
    t.match(await sh('id -u', { rootfs: lower }, { user: 1000 }), { stdout: '1000\n' });
    await t.rejects(sh('true', { rootfs: lower }, { user: 'alice' }), { code: /./ });
  }
});

audited('CVE-2025-31133: masks come from the host, whatever /dev/null the image has', async (t) => {
  const lower = makeBusybox();
  rmSync(join(lower, 'dev'), { recursive: true });
  mkdirSync(join(lower, 'dev'));
  symlinkSync('/proc/sys/kernel/core_pattern', join(lower, 'dev/null'));
  const before = readFileSync('/proc/sys/kernel/core_pattern', 'utf8');
  await using box = await createContainer({
    rootfs: lower,
    defaultMounts: false,
    mounts: [{ type: 'proc', target: '/proc' }],
    maskedPaths: ['/proc/keys', '/proc/timer_list'],
  });
  t.match(
    await box.run(['sh', '-c', 'cat /proc/keys | wc -c; echo x > /proc/keys; cat /proc/sys/kernel/core_pattern']),
    { stdout: `0\n${before}` },
  );
  t.equal(readFileSync('/proc/sys/kernel/core_pattern', 'utf8'), before);
});

audited('CVE-2025-52565: a terminal’s console cannot be led elsewhere', async (t) => {
  const canary = join(temporary('canary'), 'file');
  writeFileSync(canary, 'host');
  const lower = makeBusybox();
  rmSync(join(lower, 'dev'), { recursive: true });
  mkdirSync(join(lower, 'dev/pts'), { recursive: true });
  symlinkSync(canary, join(lower, 'dev/console'));
  symlinkSync(canary, join(lower, 'dev/pts/0'));
  await using box = await createContainer({ rootfs: lower });
  const process = await box.start(['sh', '-c', 'test -c /dev/console && tty'], { tty: true });
  let text = '';
  process.terminal?.on('data', (chunk) => {
    text += chunk;
  });
  await process.exited;
  t.match(text, '/dev/pts/0');
  t.equal(readFileSync(canary, 'utf8'), 'host');
});

audited('CVE-2022-0492: no way to a writable cgroup hierarchy', async (t) => {
  const script = `
    mkdir /m
    for c in rdma memory pids devices; do mount -t cgroup -o $c cgroup /m 2>/dev/null && echo mounted $c; done
    mount -t cgroup2 cgroup2 /m 2>/dev/null && echo mounted v2
    unshare -UrmC true 2>/dev/null && echo unshared
    find /sys/fs/cgroup -name release_agent -writable 2>/dev/null
    for f in $(find /sys/fs/cgroup -name cgroup.procs 2>/dev/null | head -5); do (echo $$ > $f) 2>/dev/null && echo joined $f; done
    true`;
  t.match(await sh(script, { mounts: [{ type: 'cgroup', target: '/sys/fs/cgroup' }] }), { stdout: /^(unshared\n)?$/ });
});

audited('CVE-2022-0811: sysctls of the host are refused', async (t) => {
  for (const key of [
    'kernel.core_pattern',
    'kernel.shm_rmid_forced+kernel.core_pattern',
    'vm.overcommit_memory',
    'net..ipv4',
    'kernel/core_pattern',
  ])
    await t.rejects(
      createContainer({ rootfs: { lower: busybox() }, sysctl: { [key]: '1' } }).then((box) => box.run(['true'])),
      RangeError,
      key,
    );
  await t.rejects(
    createContainer({ rootfs: { lower: busybox() }, network: 'host', sysctl: { 'net.ipv4.ip_forward': '1' } }).then(
      (box) => box.run(['true']),
    ),
    RangeError,
  );
});

audited(
  'CVE-2022-29162 CVE-2016-8867: nothing is inheritable or ambient; another user has no capabilities',
  async (t) => {
    const read = 'grep -E "Cap(Inh|Amb)" /proc/self/status';
    await using box = await createContainer({ rootfs: { lower: busybox() } });
    await box.start(['sleep', '60']);
    for (const { stdout } of [
      await sh(read),
      await box.exec(['sh', '-c', read]),
      await box.exec(['sh', '-c', read], { user: 1000 }),
    ])
      t.equal(stdout, 'CapInh:\t0000000000000000\nCapAmb:\t0000000000000000\n');
    t.match(await sh('grep CapEff /proc/self/status', {}, { user: 1000 }), { stdout: 'CapEff:\t0000000000000000\n' });
  },
);

audited('CVE-2016-9962: an exec brings nothing foreign into the container', async (t) => {
  await using box = await createContainer({ rootfs: { lower: busybox() } });
  const watcher = await box.start([
    'sh',
    '-c',
    'while :; do for p in /proc/[0-9]*; do case $p in /proc/1|/proc/$$) continue;; esac; for f in $p/fd/*; do l=$(readlink $f 2>/dev/null) && case $l in pipe:*|/dev/null|/proc/*|socket:*|"") ;; *) echo "$l";; esac; done; done; done',
  ]);
  let seen = '';
  watcher.stdout?.on('data', (chunk) => {
    seen += chunk;
  });
  for (let i = 0; i < 100; i++) await box.exec(['true']);
  box.kill();
  await watcher.exited;
  t.notMatch(seen, /cofferdam|memfd|\/(usr|etc|root|home|run|sys)/);
});

audited('a fork bomb is held by its limit, and killed whole', async (t) => {
  await using box = await createContainer({ rootfs: { lower: busybox() }, resources: { pids: 40, memory: 64 << 20 } });
  await box.start(['sh', '-c', 'bomb() { bomb | bomb & }; bomb; sleep 60'], { stdio: 'ignore' });
  await new Promise((resolve) => setTimeout(resolve, 200));
  t.ok(box.ps().length <= 40);
  box.kill();
  t.match(await box.exited, { signal: 'SIGKILL' });
});

audited(
  'CVE-2021-21284 CVE-2021-41103 CVE-2021-41091 CVE-2024-25621: the environment and the state directory are private',
  async (t) => {
    t.equal(statSync('/run/cofferdam').mode & 0o777, 0o700);
    t.notOk(existsSync(join(busybox(), 'run/cofferdam')));
    const results = await Promise.all(
      Array.from({ length: 100 }, (_, i) =>
        sh('cat /proc/1/environ | tr "\\0" "\\n" | grep OWN', {}, { env: { OWN: `value-${i}` } }),
      ),
    );
    for (const [i, { stdout }] of results.entries()) t.equal(stdout, `OWN=value-${i}\n`);
  },
);

audited('device nodes of the container’s own making open nothing', async (t) => {
  for (const rootfs of [{ lower: busybox() }, busybox(), 'host' as const]) {
    await using box = await createContainer({
      rootfs,
      mounts: [
        { type: 'tmpfs', target: '/mnt' },
        { source: temporary(), target: '/srv' },
      ],
    });
    const { stdout } = await box.run([
      'sh',
      '-c',
      'for d in / /tmp /dev /dev/shm /mnt /run /srv; do n=$d/node$$; mknod $n c 1 3 && (echo > $n) 2>/dev/null && echo $n; rm -f $n; done',
    ]);
    t.equal(stdout, '', 'nowhere, with CAP_MKNOD and root’s rights');
  }
  // They would be the host's own nodes.
  const mode = statSync('/dev/null').mode;
  await using box = await createContainer({ rootfs: { lower: busybox() } });
  const { stdout } = await box.run([
    'sh',
    '-c',
    'for f in /dev/null /dev/zero /proc/timer_list /proc/kcore /proc/keys; do chmod 600 $f && echo $f; chown 5 $f && echo $f; done; echo > /dev/null && echo fine',
  ]);
  t.equal(stdout, 'fine\n');
  t.equal(statSync('/dev/null').mode, mode);
});
