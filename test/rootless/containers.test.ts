/** Containers of a user who is not root. */
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ContainerOptions, createContainer, probe } from 'cofferdam';
import t from 'tap';
import { auditedRootless, isRoot } from '../support/audit.ts';
import { eventually, line, node } from '../support/program.ts';
import { busybox, makeBusybox, temporary } from '../support/rootfs.ts';

const [uid, gid] = [process.getuid?.() as number, process.getgid?.() as number];
const [lower] = isRoot ? [''] : [busybox()];

const lacks = (feature: string): string | false => {
  const row = probe().features.find((each) => each.feature === feature);
  return row?.available ? false : (row?.reason ?? feature);
};
const noRanges = lacks('subordinate ids') || lacks('newuidmap');
const noMarks = lacks('tmpfs user.* attributes');

const sh = async (script: string, container: Partial<ContainerOptions> = {}, options = {}) => {
  await using box = await createContainer({ rootfs: lower, ...container });
  return await box.run(['sh', '-c', script], options);
};

/** Only this user, as where there are no subordinate ids. */
const self = {
  uidMappings: [{ containerID: 0, hostID: uid, size: 1 }],
  gidMappings: [{ containerID: 0, hostID: gid, size: 1 }],
};

auditedRootless('root inside is this user outside', async (t) => {
  const volume = temporary('volume');
  const { stdout } = await sh('id -u; id -g; cat /proc/self/uid_map; cat /proc/self/setgroups; echo x > /volume/file', {
    userNamespace: self,
    mounts: [{ source: volume, target: '/volume' }],
  });
  t.match(stdout, new RegExp(`^0\n0\n +0 +${uid} +1\ndeny\n$`));
  t.match(statSync(join(volume, 'file')), { uid, gid });
});

auditedRootless('hooks are this user, as root of the container', async (t) => {
  const log = join(temporary('hooks'), 'log');
  const hook = (script: string) => [{ path: '/bin/sh', args: ['-ec', script], env: { LOG: log } }];
  const box = await sh('cat /var/file', {
    rootfs: { lower },
    hooks: {
      preMount: hook('id -u > "$LOG"'),
      createContainer: hook('mount -t tmpfs none "$COFFERDAM_ROOTFS/var"; echo hooked > "$COFFERDAM_ROOTFS/var/file"'),
    },
  });
  t.match(box, { stdout: 'hooked\n', stderr: '' });
  t.equal(readFileSync(log, 'utf8'), '0\n');
  t.equal(statSync(log).uid, uid);
});

auditedRootless(
  'subordinate ids are the others in the container',
  async (t) => {
    const { stdout } = await sh('cat /proc/self/uid_map; cat /proc/self/setgroups');
    t.match(stdout, new RegExp(`^ +0 +${uid} +1\n +1 +\\d+ +\\d+\nallow\n$`));
    t.match(await sh('id -u; id -G', {}, { user: { uid: 5, gid: 6, groups: [7] } }), { stdout: '5\n6 7\n' });
  },
  noRanges,
);

auditedRootless(
  "userNamespace: 'auto': containers do not share ids",
  async (t) => {
    await using a = await createContainer({ rootfs: lower, userNamespace: 'auto' });
    await using b = await createContainer({ rootfs: lower, user: { map: 'auto' } });
    const first = async (box: typeof a) => {
      await box.start(['sleep', '60']);
      return (await box.exec(['sh', '-c', "awk '$1 == 1 { print $2 }' /proc/self/uid_map"])).stdout;
    };
    t.not(await first(a), await first(b));
  },
  noRanges,
);

auditedRootless(
  'an overlay: removed directories stay removed, and the layer stays as it was',
  async (t) => {
    const layer = makeBusybox();
    mkdirSync(join(layer, 'data/below'), { recursive: true });
    writeFileSync(join(layer, 'data/file'), 'layer');
    const script = 'cat /data/file; rm -r /data; mkdir /data; ls -A /data; echo new > /data/file; cat /data/file';
    t.match(await sh(script, { rootfs: { lower: layer } }), { stdout: 'layernew\n', stderr: '' });
    t.equal(readFileSync(join(layer, 'data/file'), 'utf8'), 'layer');
    const upper = join(temporary('upper'), 'changes');
    await sh('echo kept > /kept', { rootfs: { lower: layer, upper } });
    t.match(await sh('cat /kept', { rootfs: { lower: layer, upper } }), { stdout: 'kept\n' });
    t.strictSame(readdirSync(dirname(upper)), ['changes'], 'no work directory');
  },
  noMarks,
);

auditedRootless('exec, a terminal, pause without a cgroup, stop', async (t) => {
  await using box = await createContainer({ rootfs: lower });
  await box.start(['sleep', '60']);
  t.match(await box.exec(['id', '-u']), { stdout: '0\n' });
  const shell = await box.spawn(['tty'], { tty: true });
  let text = '';
  shell.terminal?.on('data', (chunk) => {
    text += chunk;
  });
  await shell.exited;
  t.match(text, '/dev/pts/0');
  t.equal(box.ps()[0]?.pid, box.pid);
  if (!lacks('cgroup controller pids')) return;
  await t.rejects(
    createContainer({ rootfs: lower, resources: { pids: 5 } }).then((limited) => limited.run(['true'])),
    {
      code: 'ERR_CGROUP_CONTROLLER',
      message: /delegated to this user/,
    },
  );
});

auditedRootless('CVE-2023-25809: no cgroup of the host can be written to, whoever owns it', async (t) => {
  const script = `
    for f in $(find /sys/fs/cgroup -name cgroup.procs 2>/dev/null | head -20); do (echo $$ > $f) 2>/dev/null && echo joined $f; done
    mkdir /sys/fs/cgroup/mine 2>/dev/null && echo made
    true`;
  for (const cgroup of ['host', 'new'] as const)
    t.match(await sh(script, { namespaces: { cgroup } }), { stdout: '', exitCode: 0 }, cgroup);
});

auditedRootless('what takes root says so', async (t) => {
  for (const options of [{ rootfs: 'host' }, { rootfs: lower, network: { bridge: 'cofferdam0' } }] as const) {
    await using box = await createContainer(options);
    t.ok(box.plan(['true']).length > 0, 'what it would do needs no rights');
    await t.rejects(box.run(['true']), { code: 'ERR_PERMISSION' });
  }
  await t.rejects(sh('true', { userNamespace: self }, { user: 1000 }), /not mapped/);
});

auditedRootless('the state directory is private, wherever it is', async (t) => {
  const { XDG_RUNTIME_DIR } = process.env;
  t.match(statSync(join(XDG_RUNTIME_DIR as string, 'cofferdam')).mode & 0o777, 0o700);
  chmodSync(XDG_RUNTIME_DIR as string, 0o700);
});

auditedRootless('a program that is killed leaves no container behind', async (t) => {
  const child = node(`
    import { createContainer } from 'cofferdam';
    const box = await createContainer({ rootfs: ${JSON.stringify(lower)} });
    await box.start(['sh', '-c', 'sleep 3600 & wait']);
    console.log(box.pid);
    setInterval(() => {}, 1000);
  `);
  const pid = Number(await line(child));
  t.ok(pid > 0);
  child.kill('SIGKILL');
  const alive = () => {
    try {
      return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    } catch {
      return false;
    }
  };
  t.ok(await eventually(() => !alive()));
  await sleep(50);
});

if (isRoot) t.pass('root has the other tests');
