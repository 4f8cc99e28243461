/** Namespaces: new, the host's, or joined. */
import { readlinkSync } from 'node:fs';
import { createContainer, createSandbox } from 'cofferdam';
import { audited } from '../support/audit.ts';
import { busybox } from '../support/rootfs.ts';

const rootfs = { lower: busybox() };
const FILES = { pid: 'pid', uts: 'uts', ipc: 'ipc', network: 'net', cgroup: 'cgroup' } as const;
const READ = ['sh', '-c', 'for n in pid uts ipc net cgroup; do readlink /proc/self/ns/$n; done'];
const host = Object.fromEntries(
  Object.entries(FILES).map(([name, file]) => [name, readlinkSync(`/proc/self/ns/${file}`)]),
);

audited('each can be the host’s', async (t) => {
  for (const name of Object.keys(FILES) as (keyof typeof FILES)[]) {
    await using box = await createContainer({ rootfs, namespaces: { [name]: 'host' } });
    const lines = (await box.run(READ)).stdout.trim().split('\n');
    const seen = Object.fromEntries(Object.keys(FILES).map((key, i) => [key, lines[i]]));
    for (const each of Object.keys(FILES)) t.equal(seen[each] === host[each], each === name, `${name}: ${each}`);
  }
});

audited('join by container, pid and path', async (t) => {
  await using first = await createContainer({ rootfs, hostname: 'first' });
  await first.start(['sleep', '60']);
  for (const uts of [first, { pid: first.pid as number }, { path: `/proc/${first.pid}/ns/uts` }]) {
    await using second = await createContainer({ rootfs, namespaces: { uts } });
    t.match(await second.run(['hostname']), { stdout: 'first\n' });
  }
  await using sees = await createContainer({ rootfs, namespaces: { pid: first } });
  t.match(await sees.run(['sh', '-c', 'cat /proc/1/comm']), { stdout: 'sleep\n' });
  t.throws(() => first.plan(['true'], { cwd: 'relative' }), RangeError);
  await using broken = await createContainer({ rootfs, namespaces: { uts: { path: '/no/such' } } });
  await t.rejects(broken.run(['true']), { code: 'ERR_INVALID_OPTION_VALUE', message: /no\/such/ });
});

audited('a container in a joined pid namespace dies alone, and whole', async (t) => {
  await using first = await createContainer({ rootfs });
  await first.start(['sleep', '60']);
  await using second = await createContainer({ rootfs, namespaces: { pid: first } });
  t.match(await second.run(['sh', '-c', 'sleep 50 & echo out']), { stdout: 'out\n' });
  t.match(
    await first.exec(['sh', '-c', 'ps -o stat,comm | grep sleep | grep -vc ^Z']),
    { stdout: '1\n' },
    'its background process is gone',
  );
});

audited('a sandbox is shared', async (t) => {
  await using sandbox = await createSandbox({ hostname: 'pod' });
  await using a = await createContainer({ rootfs, sandbox });
  await using b = await createContainer({ rootfs, sandbox });
  await a.start(['sh', '-c', 'nc -l -p 7000 -e echo hello']);
  t.match(
    await b.run(['sh', '-c', 'hostname; for i in 1 2 3 4 5 6 7 8 9; do nc 127.0.0.1 7000 && exit; sleep 0.1; done']),
    { stdout: 'pod\nhello\n' },
  );
});

audited('a user namespace of its own', async (t) => {
  const userNamespace = {
    uidMappings: [
      { containerID: 0, hostID: 100_000, size: 1000 },
      { containerID: 1000, hostID: 200_000, size: 10 },
    ],
    gidMappings: [{ containerID: 0, hostID: 100_000, size: 65536 }],
  };
  await using box = await createContainer({
    rootfs,
    userNamespace,
    resources: { memory: 64 << 20, pids: 20 },
    network: { interface: 'eth1', address: '10.9.8.7/24' },
  });
  const { stdout } = await box.run([
    'sh',
    '-c',
    'id -u; cat /proc/self/uid_map; touch /made && stat -c %u /made; echo x > /dev/null && echo dev; ip -o addr show eth1 | grep -c 10.9.8.7; hostname changed && hostname',
  ]);
  t.match(stdout, /^0\n\s+0\s+100000\s+1000\n\s+1000\s+200000\s+10\n0\ndev\n1\n/);
  const process = await box.start(['sleep', '60'], { user: '1000:5' });
  const { readFileSync } = await import('node:fs');
  const status = readFileSync(`/proc/${process.pid}/status`, 'utf8');
  t.match(status, /Uid:\t200000/);
  t.match(status, /Gid:\t100005/);
  t.match(await box.exec(['id', '-u']), { stdout: '0\n' });
});

audited('time offsets', async (t) => {
  await using box = await createContainer({ rootfs, timeOffsets: { boottime: 86400 * 100, monotonic: 5 } });
  const { stdout } = await box.run(['cut', '-d.', '-f1', '/proc/uptime']);
  t.ok(Number(stdout) >= 86400 * 100);
});
