import t from 'tap';
import { timeBatch } from '../../../examples/benchmark/environments/environment.ts';
import { parseTimings } from '../../../examples/benchmark/environments/floor.ts';
import { controllersToCover, inPrivateMounts } from '../../../examples/benchmark/environments/host.ts';
import { ociConfig } from '../../../examples/benchmark/environments/peers/oci-config.ts';
import { findProgram, versionIn } from '../../../examples/benchmark/environments/programs.ts';
import { cgroupVersions, systemName } from '../../../examples/benchmark/machine.ts';
import { librariesIn } from '../../../examples/shared/vm/initramfs.ts';
import { HYBRID, UNIFIED, V1 } from '../support/mountinfo.ts';

t.test("the C program's lines", (t) => {
  t.same(parseTimings('9876543 3210000 3300000 3366543\n', 3), { total: 9.876543, samples: [3.21, 3.3, 3.366543] });
  for (const bad of ['', '1 2', '1 2 3 4 5', '1 2 x 4', '1 2 -3 4', 'floor: unshare: EPERM'])
    t.throws(() => parseTimings(bad, 3), { message: /expected 4 numbers/ }, bad);
  t.end();
});

t.test('versions, out of what programs say', (t) => {
  const crun = 'crun version 1.8.1\ncommit: f8a096be060b22ccd3d5f3ebe44108517fbf6c30\nrundir: /run/crun\nspec: 1.0.0\n';
  const runc =
    'runc version 1.1.5+ds1\ncommit: 1.1.5+ds1-1+deb12u1\nspec: 1.0.2-dev\ngo: go1.19.8\nlibseccomp: 2.5.4\n';
  const cc = 'cc (Debian 12.2.0-14+deb12u1) 12.2.0\nCopyright (C) 2022 Free Software Foundation, Inc.\n';
  t.equal(versionIn(crun), '1.8.1');
  t.equal(versionIn(runc), '1.1.5+ds1');
  t.equal(versionIn(cc), '(Debian 12.2.0-14+deb12u1) 12.2.0');
  t.equal(versionIn(''), 'unknown');
  t.end();
});

t.test('versions of other programs', (t) => {
  t.equal(versionIn('sysbench 1.0.20\n'), '1.0.20');
  t.equal(versionIn('\nnginx version: nginx/1.22.1\n'), 'nginx/1.22.1');
  t.equal(
    versionIn('QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7)\n'),
    'emulator version 7.2.22 (Debian 1:7.2+dfsg-7)',
  );
  t.equal(versionIn('5.0.2\n'), '5.0.2');
  t.end();
});

t.test('what is not installed is named with its package', (t) => {
  const before = process.env.PATH;
  process.env.PATH = '/nonexistent';
  t.teardown(() => {
    process.env.PATH = before;
  });
  t.match(findProgram('crun'), { name: 'crun', reason: /apt-get install --no-install-recommends crun, or --install/ });
  t.end();
});

t.test('libraries of a program, as ldd prints them', (t) => {
  const ldd = `\tlinux-vdso.so.1 (0x00007ffc)
\tlibm.so.6 => /lib/x86_64-linux-gnu/libm.so.6 (0x00007f1)
\tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f2)
\t/lib64/ld-linux-x86-64.so.2 (0x00007f3)
`;
  t.same(librariesIn(ldd), [
    '/lib/x86_64-linux-gnu/libm.so.6',
    '/lib/x86_64-linux-gnu/libc.so.6',
    '/lib64/ld-linux-x86-64.so.2',
  ]);
  t.end();
});

t.test('the machine', (t) => {
  t.equal(
    systemName('NAME="Debian GNU/Linux"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\n'),
    'Debian GNU/Linux 12 (bookworm)',
  );
  t.equal(systemName('PRETTY_NAME=Alpine\n'), 'Alpine');
  t.equal(systemName(''), 'unknown');
  t.equal(cgroupVersions(HYBRID.mountInfo), 'v1 and v2');
  t.equal(cgroupVersions(UNIFIED.mountInfo), 'v2');
  t.equal(cgroupVersions(V1.mountInfo), 'v1');
  t.equal(cgroupVersions(''), 'none');
  t.end();
});

t.test('crun refuses a hybrid machine whose v2 hierarchy has controllers', (t) => {
  const path = '/sys/fs/cgroup/unified/cgroup.controllers';
  const host = (mountInfo: string, controllers: string) => ({ mountInfo, controllers: () => controllers });
  t.equal(controllersToCover(host(HYBRID.mountInfo, 'hugetlb\n')), path);
  t.equal(controllersToCover(host(HYBRID.mountInfo, '')), undefined);
  t.equal(controllersToCover(host(UNIFIED.mountInfo, 'cpu memory pids\n')), undefined);
  t.equal(controllersToCover(host(V1.mountInfo, '')), undefined);
  t.same(inPrivateMounts(undefined), []);
  t.equal(inPrivateMounts(path).at(-1), path);
  t.equal(inPrivateMounts(path)[0], 'unshare');
  t.end();
});

t.test('a bundle asks for what the other environments have', (t) => {
  const config = ociConfig('/srv/rootfs', ['true']);
  t.match(config, {
    root: { path: '/srv/rootfs', readonly: true },
    process: { args: ['true'], noNewPrivileges: true, user: { uid: 0, gid: 0 } },
    linux: {
      resources: { memory: { limit: 268435456 }, pids: { limit: 128 }, cpu: { quota: 100000, period: 100000 } },
    },
  });
  t.same(config.linux.namespaces.map(({ type }) => type).sort(), ['cgroup', 'ipc', 'mount', 'network', 'pid', 'uts']);
  t.equal(config.process.capabilities.bounding.length, 14);
  t.same(
    config.mounts.map(({ destination }) => destination),
    ['/proc', '/sys', '/dev', '/dev/pts', '/dev/shm', '/dev/mqueue'],
  );
  t.same(JSON.parse(JSON.stringify(config)), config, 'plain data');
  t.end();
});

t.test('a batch runs so many, and so many at once', async (t) => {
  let running = 0;
  let most = 0;
  const once = async () => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setTimeout(resolve, 5));
    running--;
  };
  const { samples, total } = await timeBatch({ count: 10, atOnce: 3 }, once);
  t.equal(samples.length, 10);
  t.equal(most, 3);
  t.ok(total >= 4 * 4, 'four times one after the other');
  t.ok(samples.every((each) => each >= 4 && each <= total));
  await t.rejects(
    timeBatch({ count: 2, atOnce: 1 }, () => Promise.reject(new Error('no'))),
    { message: 'no' },
  );
});
