/** User namespaces as root gives them: ranges of ids, and files that keep their owners. */
import { chownSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ContainerOptions, createContainer, probe } from 'cofferdam';
import { audited } from '../support/audit.ts';
import { eventually, line, node } from '../support/program.ts';
import { busybox, makeBusybox, temporary } from '../support/rootfs.ts';

const noIdmap: string | false = probe().features.find(({ feature }) => feature === 'idmapped_mounts')?.available
  ? false
  : 'the kernel has no idmapped mounts';

const IDS = '/run/cofferdam/ids';
const sh = async (script: string, container: Partial<ContainerOptions> = {}, options = {}) => {
  await using box = await createContainer({ rootfs: { lower: busybox() }, userNamespace: 'auto', ...container });
  return await box.run(['sh', '-c', script], options);
};
const firstId = async (container: Partial<ContainerOptions> = {}) =>
  Number((await sh("awk '{ print $2 }' /proc/self/uid_map", container)).stdout);

audited(
  'each container has ids that no other has, and gives them back',
  async (t) => {
    const boxes = await Promise.all(
      Array.from({ length: 12 }, () => createContainer({ rootfs: { lower: busybox() }, userNamespace: 'auto' })),
    );
    await Promise.all(boxes.map((box) => box.start(['sleep', '60'])));
    const bases = boxes.map((box) => Number(readFileSync(`/proc/${box.pid}/uid_map`, 'utf8').trim().split(/\s+/)[1]));
    t.equal(new Set(bases).size, 12);
    for (const base of bases) t.ok(base >= 65536 && base + 65535 < 2 ** 32 - 1);
    t.equal(readdirSync(IDS).filter((name) => name.startsWith('range-')).length, 12);
    t.match(await (boxes[0] as (typeof boxes)[0]).exec(['id', '-u']), { stdout: '0\n' });
    t.equal(statSync(`/proc/${boxes[0]?.pid}`).uid, bases[0]);
    await Promise.all(boxes.map((box) => box.remove()));
    t.strictSame(readdirSync(IDS), []);
  },
  noIdmap,
);

audited(
  'files keep their owners: in a directory, an overlay, its upper directory, and volumes',
  async (t) => {
    const root = makeBusybox();
    writeFileSync(join(root, 'etc/mine'), 'x');
    chownSync(join(root, 'etc/mine'), 1000, 1001);
    const volume = temporary('volume');
    writeFileSync(join(volume, 'theirs'), 'x');
    chownSync(join(volume, 'theirs'), 12, 34);
    mkdirSync(join(root, 'gone'));
    const upper = join(temporary('upper'), 'changes');
    const script = `stat -c %u:%g /etc/mine /volume/theirs /etc/passwd; echo y > /new; chown 7:8 /new; touch /volume/made-$0
      rm -r /gone && mkdir /gone && stat -c %u /gone /new`;
    for (const rootfs of [{ lower: root }, { lower: root, upper }, { lower: root, upper }, root]) {
      const { stdout, stderr } = await sh(script, { rootfs, mounts: [{ source: volume, target: '/volume' }] });
      t.equal(stdout, '1000:1001\n12:34\n0:0\n0\n7\n');
      t.equal(stderr, '');
    }
    t.match(statSync(join(upper, 'new')), { uid: 7, gid: 8 });
    t.match(statSync(join(root, 'new')), { uid: 7, gid: 8 });
    t.match(statSync(join(volume, 'made-sh')), { uid: 0, gid: 0 });
    t.match(await sh('stat -c %u /etc/passwd; echo x > /etc/new && stat -c %u /etc/new', { rootfs: 'host' }), {
      stdout: '0\n0\n',
    });
  },
  noIdmap,
);

audited(
  'mappings with idmap, and user: { map }',
  async (t) => {
    const mappings = [{ containerID: 0, hostID: 700_000, size: 1000 }];
    const userNamespace = { uidMappings: mappings, gidMappings: mappings, idmap: true };
    t.equal(await firstId({ userNamespace }), 700_000);
    t.match(await sh('stat -c %u /etc/passwd; echo x > /etc/y; stat -c %u /etc/y', { userNamespace }), {
      stdout: '0\n0\n',
    });
    await using box = await createContainer({ rootfs: busybox(), user: { map: 'auto', uid: 5, gid: 6 } });
    t.match(await box.run(['sh', '-c', 'id -u; id -g']), { stdout: '5\n6\n' });
    await t.rejects(createContainer({ rootfs: busybox(), user: { map: 'auto' }, userNamespace }), {
      code: 'ERR_INVALID_OPTION_VALUE',
    });
    await t.rejects(createContainer({ rootfs: busybox(), user: { map: 'keep' as 'auto' } }), RangeError);
  },
  noIdmap,
);

audited(
  'the host is not reachable with another’s ids',
  async (t) => {
    const root = makeBusybox();
    const secret = join(temporary('secret'), 'file');
    writeFileSync(secret, 'host', { mode: 0o600 });
    await using box = await createContainer({
      rootfs: root,
      userNamespace: 'auto',
      capabilities: 'all',
      mounts: [{ source: '/proc/sys/kernel', target: '/kernel' }],
    });
    const { stdout } = await box.run([
      'sh',
      '-c',
      'cat /kernel/core_pattern > /dev/null; (echo x > /kernel/core_pattern) 2>/dev/null && echo written; mknod /n c 1 1 2>/dev/null && echo node; mount -o remount,rw / 2>/dev/null; dmesg 2>/dev/null | head -1; true',
    ]);
    t.notMatch(stdout, /written|node/);
    t.equal(readFileSync(secret, 'utf8'), 'host');
  },
  noIdmap,
);

audited(
  'a program that is killed gives its containers’ ids back',
  async (t) => {
    const child = node(`
      import { createContainer } from 'cofferdam';
      const box = await createContainer({ rootfs: ${JSON.stringify(busybox())}, userNamespace: 'auto' });
      await box.start(['sleep', '3600']);
      console.log(box.pid);
      setInterval(() => {}, 1000);
    `);
    t.ok(Number(await line(child)) > 0);
    t.ok(readdirSync(IDS).length > 0);
    child.kill('SIGKILL');
    t.ok(await eventually(() => readdirSync(IDS).length === 0));
  },
  noIdmap,
);
