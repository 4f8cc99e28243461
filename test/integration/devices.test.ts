/** `resources.devices`: v1's list, or v2's program, whichever this machine has. */
import { existsSync } from 'node:fs';
import { createContainer, type DeviceRule } from 'cofferdam';
import { audited } from '../support/audit.ts';
import { busybox } from '../support/rootfs.ts';

/** A character device that hosts have and containers have not. */
const KMSG: DeviceRule = { allow: true, path: '/dev/kmsg', access: 'w' };
const mounts = [{ source: '/dev/kmsg', target: '/dev/kmsg' }];
const rootfs = { lower: busybox() };
/** To read it would need CAP_SYSLOG. */
const OPEN = 'exec 3>/dev/kmsg && echo open';
const DEFAULTS =
  'for name in null zero full random urandom; do head -c 1 /dev/$name >/dev/null || exit 1; done; echo x >/dev/null';
const noKmsg = existsSync('/dev/kmsg') ? false : 'this machine has no /dev/kmsg';

audited('the default devices work, others do not', async (t) => {
  await using box = await createContainer({ rootfs, resources: { devices: [] } });
  t.match(await box.run(['sh', '-c', DEFAULTS]), { exitCode: 0, stderr: '' });
  const { stderr } = await box.run(['sh', '-c', 'mknod /tmp/disk b 8 0 && mknod /tmp/memory c 1 1 && cat /tmp/memory']);
  t.match(stderr, /memory.*(not permitted|denied)/, 'nodes can be made, and not be opened');
});

audited('a pseudo-terminal, with devices and without', async (t) => {
  await using box = await createContainer({ rootfs, resources: { devices: [] } });
  const process = await box.start(['sh', '-c', 'tty; echo x >/dev/tty'], { tty: true });
  let text = '';
  for await (const chunk of process.terminal ?? []) text += chunk;
  t.match(text, /\/dev\/pts\/0\s+x/);
});

audited(
  'a device more',
  async (t) => {
    const run = async (devices: DeviceRule[]) => {
      await using box = await createContainer({ rootfs, mounts, resources: { devices } });
      return await box.run(['sh', '-c', OPEN]);
    };
    t.match(await run([]), { stdout: '', stderr: /not permitted/ });
    t.match(await run([KMSG]), { stdout: 'open\n' });
    t.match(await run([KMSG, { ...KMSG, allow: false }]), { stdout: '', stderr: /not permitted/ }, 'the last counts');
    t.match(await run([{ allow: true }]), { stdout: 'open\n' }, 'all');
  },
  noKmsg,
);

audited(
  'changed while it runs, all or nothing',
  async (t) => {
    await using box = await createContainer({ rootfs, mounts, resources: { devices: [], pids: 20 } });
    await box.start(['sleep', '60'], { stdio: 'ignore' });
    const open = async () => (await box.exec(['sh', '-c', `${OPEN}; ${DEFAULTS}`])).stdout;
    t.equal(await open(), '');
    await box.update({ devices: [KMSG] });
    t.equal(await open(), 'open\n');
    // On a hybrid host that file is not there, and elsewhere it takes no words.
    await t.rejects(box.update({ devices: [], unified: { 'pids.max': 'many' } }), {
      code: /EINVAL|ENOENT/,
      message: /pids\.max/,
    });
    t.equal(await open(), 'open\n', 'the old list again');
    await box.update({ devices: [] });
    t.equal(await open(), '');
  },
  noKmsg,
);

audited(
  'added to a container that runs, and to one with a user namespace',
  async (t) => {
    const ids = [{ containerID: 0, hostID: 100_000, size: 65_536 }];
    const userNamespace = { uidMappings: ids, gidMappings: ids };
    await using box = await createContainer({ rootfs, mounts });
    await box.start(['sleep', '60'], { stdio: 'ignore' });
    t.match(await box.exec(['sh', '-c', OPEN]), { stdout: 'open\n' }, 'bound, and nobody forbids it');
    await box.update({ devices: [] });
    t.match(await box.exec(['sh', '-c', OPEN]), { stderr: /not permitted/ });
    await using mapped = await createContainer({ rootfs, userNamespace, resources: { devices: [] } });
    t.match(await mapped.run(['sh', '-c', DEFAULTS]), { exitCode: 0, stderr: '' });
  },
  noKmsg,
);

audited('what cannot be is said before anything is touched', async (t) => {
  const create = (rule: object) => createContainer({ rootfs, resources: { devices: [rule as DeviceRule] } });
  const value = 'ERR_INVALID_OPTION_VALUE';
  for (const [rule, code, message] of [
    [{ allow: true, path: '/dev/nothing' }, value, /resources\.devices\[0\]\.path.*not a device.*"\/dev\/nothing"/],
    [{ allow: true, path: '/etc/passwd' }, value, /not a device/],
    [{ allow: true, path: '/dev/null', type: 'c' }, value, /stands for/],
    [{ allow: true, major: 1 }, value, /type' must be 'b' or 'c'/],
    [{ allow: true, type: 'c', major: -1 }, value, /major' must be at least 0.*got -1/],
    [{ allow: true, type: 'c', major: Number.NaN }, value, /got NaN/],
    [{ allow: true, type: 'c', minor: 2 ** 20 }, value, /minor' must be at least 0 and at most 1048575/],
    [{ allow: true, access: 'rx' }, value, /letters of 'rwm'/],
    [{ allow: true, access: 'rr' }, value, /each once/],
    [{ type: 'c' }, 'ERR_INVALID_OPTION_TYPE', /allow' must be true or false/],
    [{ allow: true, kind: 'c' }, 'ERR_UNKNOWN_OPTION', /known here: allow/],
  ] as const)
    await t.rejects(create(rule), { code, message }, JSON.stringify(rule));
});
