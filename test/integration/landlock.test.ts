/** landlock(7), and labels where there is no module for them. */
import { existsSync } from 'node:fs';
import { createContainer, type LandlockOption, probe, type RunOptions } from 'cofferdam';
import { audited } from '../support/audit.ts';
import { busybox } from '../support/rootfs.ts';

const rootfs = { lower: busybox() };
const noLandlock: string | false = probe().features.find(({ feature }) => feature === 'landlock')?.available
  ? false
  : 'the kernel has no Landlock';

const sh = async (script: string, landlock: LandlockOption, options: RunOptions = {}) => {
  await using box = await createContainer({ rootfs, landlock });
  return await box.run(['sh', '-c', script], options);
};

audited(
  'files: what is listed remains',
  async (t) => {
    // The shell's own redirections are writes as well.
    const everything = { read: ['/'], execute: ['/bin'], write: ['/dev/null'] };
    const script =
      'cat /etc/group >/dev/null && echo read; (echo x > /tmp/a) 2>/dev/null && echo tmp; (echo x > /etc/a) 2>/dev/null && echo etc; mkdir /tmp/d 2>/dev/null && rmdir /tmp/d && echo made; true';
    t.match(await sh(script, everything), { stdout: 'read\n' });
    t.match(await sh(script, { ...everything, write: ['/tmp', '/dev/null'] }), { stdout: 'read\ntmp\nmade\n' });
    t.match(await sh(script, { read: ['/bin'], execute: ['/bin'], write: ['/dev/null'] }), { stdout: '' });
    // Also of those that are given more rights otherwise, and of execs.
    await using box = await createContainer({ rootfs, landlock: everything, capabilities: 'all' });
    await box.start(['sleep', '60']);
    t.match(await box.exec(['sh', '-c', script]), { stdout: 'read\n' });
    t.match(await box.exec(['sh', '-c', 'mount -t tmpfs x /tmp'], { seccomp: 'unconfined' }), { exitCode: 1 });
  },
  noLandlock,
);

audited(
  'a command that is not among what may be executed, a path that is not there',
  async (t) => {
    await t.rejects(sh('true', { read: ['/'], execute: ['/etc'] }), { code: 'ERR_COMMAND_NOT_EXECUTABLE' });
    await t.rejects(sh('true', { read: ['/no/such'] }), { code: 'ENOENT', message: /landlock/ });
    // Resolved in the root: a link leads nowhere else.
    await t.rejects(sh('true', { read: ['/proc/1/root'] }), { code: /./ });
  },
  noLandlock,
);

audited(
  'ports',
  async (t) => {
    // A listener that was refused says so at once; one that was not is still there.
    const script =
      'timeout 1 nc -l -p 7001 </dev/null 2>&1 | head -c 200; nc -w 1 127.0.0.1 7002 </dev/null 2>&1; true';
    t.match(await sh(script, { bind: [7001], connect: [7003] }), { stdout: /^nc: can't connect.*denied\n$/ });
    t.match(await sh(script, { bind: [7009], connect: [7002] }), { stdout: /^nc: bind.*denied\nnc: .*refused\n$/ });
  },
  noLandlock,
);

audited('what cannot be is refused', async (t) => {
  await t.rejects(createContainer({ rootfs, landlock: {} }), RangeError);
  await t.rejects(createContainer({ rootfs, landlock: { read: ['relative'] } }), RangeError);
  await using box = await createContainer({ rootfs, landlock: { read: ['/'], execute: ['/'] } });
  await t.rejects(box.run(['true'], { noNewPrivileges: false }), { code: 'ERR_INVALID_OPTION_VALUE' });
  if (existsSync('/sys/module/apparmor') || existsSync('/sys/fs/selinux/enforce')) return;
  for (const option of [{ apparmor: 'docker-default' }, { selinux: 'a:b:c:s0' }]) {
    await using labelled = await createContainer({ rootfs, ...option });
    await t.rejects(labelled.run(['true']), { code: 'ERR_UNSUPPORTED', message: /not active/ });
  }
  await t.rejects(createContainer({ rootfs, apparmor: 'a\nb' }), RangeError);
});
