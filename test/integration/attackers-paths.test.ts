/** Paths in a root file system that somebody else changes while they are resolved, or that were made to lead elsewhere. */
import { mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ContainerOptions, createContainer, type MountOption } from 'cofferdam';
import type { Test } from 'tap';
import { attacker, Canary, hostileRoot, rounds, swapper } from '../support/attacker.ts';
import { audited } from '../support/audit.ts';
import { makeBusybox, temporary } from '../support/rootfs.ts';

/** As many as LWN's list of path races has rounds of proof. */
const ROUNDS = 2000;
/** In one container: each of them is resolved by itself. */
const EACH = 10;

/** What may happen to a launch that is raced: it works, or says which call failed. */
function typed(t: Test, error: unknown): undefined {
  const { code } = error as NodeJS.ErrnoException;
  if (!/^(E[A-Z0-9]+|ERR_[A-Z_]+)$/.test(code ?? '')) t.fail(String(error));
}

const out = (path: string): string => `${'../'.repeat(12)}${path.slice(1)}`;
const numbers = Array.from({ length: EACH }, (_, i) => i);

audited(
  'CVE-2021-30465 CVE-2024-45310 CVE-2015-1335 CVE-2025-52881 CVE-2025-31133 CVE-2019-18837: targets of mounts and masks, swapped for links',
  async (t) => {
    const canary = new Canary();
    const volume = temporary('volume');
    // Both are always there, so that the race is for what they are.
    mkdirSync(join(volume, 'dir'));
    symlinkSync(out(canary.path), join(volume, 'link'));
    for (const i of numbers) {
      mkdirSync(join(volume, `dir/masked${i}`));
      writeFileSync(join(volume, `dir/file${i}`), 'file');
    }
    const source = temporary('source');
    const file = join(source, 'file');
    writeFileSync(file, 'mine');
    const at = (kind: string) => (i: number) => `/volume/dir/${kind}${i}`;
    const mounts: MountOption[] = [
      { source: volume, target: '/volume' },
      ...numbers.map((i) => ({ source, target: at('bound')(i) })),
      ...numbers.map((i) => ({ source: file, target: at('below/single')(i) })),
      ...numbers.map((i) => ({ type: 'tmpfs' as const, target: at('fresh')(i) })),
      ...numbers.map((i) => ({ type: 'sysfs' as const, target: at('sys')(i) })),
      ...numbers.map((i) => ({ type: 'mqueue' as const, target: at('queue')(i) })),
    ];
    const options: ContainerOptions = {
      rootfs: { lower: hostileRoot() },
      mounts,
      maskedPaths: [...numbers.map(at('masked')), ...numbers.map(at('file')), '/proc/keys'],
      readonlyPaths: numbers.map(at('bound')),
      sysctl: { 'net.ipv4.ip_unprivileged_port_start': '77', 'kernel.msgmax': '4096' },
    };
    const before = ['core_pattern', 'msgmax'].map((name) => readFileSync(`/proc/sys/kernel/${name}`, 'utf8'));
    const race = swapper([[join(volume, 'dir'), join(volume, 'link')]]);
    let works = 0;
    try {
      for (let round = 0; round < rounds(ROUNDS) / EACH; round += 4)
        await Promise.all(
          Array.from({ length: 4 }, async () => {
            await using box = await createContainer(options);
            const script =
              'attacker see /volume/dir/secret /volume/link/secret /volume/dir/masked1/secret; cat /proc/sys/net/ipv4/ip_unprivileged_port_start /proc/sys/kernel/msgmax';
            const result = await box.run(['sh', '-c', script]).catch((error) => typed(t, error));
            if (!result) return;
            works++;
            if (result.stdout !== '77\n4096\n') t.fail(`saw ${result.stdout}`);
          }),
        );
    } finally {
      await race.stop();
    }
    t.ok(works > 0, `${works} launches with ${EACH} paths of each kind`);
    t.equal(canary.changed(), undefined);
    t.strictSame(
      ['core_pattern', 'msgmax'].map((name) => readFileSync(`/proc/sys/kernel/${name}`, 'utf8')),
      before,
    );
  },
);

audited(
  'CVE-2019-19921 CVE-2023-27561 CVE-2023-28642 CVE-2026-41579 CVE-2026-47766: /proc, /sys and /dev, swapped for links',
  async (t) => {
    const canary = new Canary();
    const root = hostileRoot();
    const pairs = ['proc', 'sys', 'dev'].map((name): [string, string] => {
      symlinkSync(out(canary.path), join(root, `${name}-link`));
      return [join(root, name), join(root, `${name}-link`)];
    });
    const race = swapper(pairs);
    let works = 0;
    try {
      for (let round = 0; round < rounds(ROUNDS); round += 8)
        await Promise.all(
          Array.from({ length: 8 }, async () => {
            await using box = await createContainer({ rootfs: root });
            const result = await box
              .run(['attacker', 'see', '/proc/secret', '/sys/secret', '/dev/secret', '/proc-link/secret'])
              .catch((error) => typed(t, error));
            if (!result) return;
            works++;
            if (result.stdout !== '') t.fail(`saw ${result.stdout}`);
          }),
        );
    } finally {
      await race.stop();
    }
    t.ok(works > 0, `${works} launches worked`);
    t.equal(canary.changed(), undefined);
  },
);

audited(
  'CVE-2024-21626 CVE-2024-9341 CVE-2026-55686 CVE-2024-9676: working directories, passwd and group, swapped for links',
  async (t) => {
    const canary = new Canary();
    const root = hostileRoot();
    symlinkSync(out(canary.path), join(root, 'etc-link'));
    mkdirSync(join(root, 'job/below'), { recursive: true });
    symlinkSync(out(canary.path), join(root, 'job-link'));
    await using box = await createContainer({ rootfs: root });
    await box.start(['attacker', 'sleep']);
    const race = swapper([
      [join(root, 'etc'), join(root, 'etc-link')],
      [join(root, 'job'), join(root, 'job-link')],
    ]);
    let works = 0;
    try {
      for (let round = 0; round < rounds(ROUNDS); round += 8)
        await Promise.all(
          Array.from({ length: 8 }, async (_, i) => {
            const intruder = await box
              .exec(['attacker', 'see', 'secret', '../secret', './below/secret'], {
                cwd: i % 2 ? '/job' : '/job/below',
                user: i % 4 === 3 ? 'intruder' : i % 4 === 1 ? 'alice' : 1000,
              })
              .catch((error) => typed(t, error));
            if (!intruder) return;
            works++;
            if (intruder.stdout !== '' || i % 4 === 3) t.fail(`saw ${intruder.stdout}`);
          }),
        );
      // The first process's is made when it is missing.
      for (let round = 0; round < rounds(ROUNDS / 10); round += 4)
        await Promise.all(
          numbers.slice(0, 4).map(async (i) => {
            await using other = await createContainer({ rootfs: root, namespaces: { mount: 'new' } });
            const result = await other
              .run(['attacker', 'see', 'secret', '../secret'], { cwd: `/job/new${i}/below` })
              .catch((error) => typed(t, error));
            if (result && result.stdout !== '') t.fail(`saw ${result.stdout}`);
          }),
        );
    } finally {
      await race.stop();
    }
    t.ok(works > 0, `${works} execs worked`);
    t.equal(canary.changed(), undefined);
  },
);

audited(
  'CVE-2021-30465 CVE-2024-45310: /etc/hosts, /etc/hostname, /etc/resolv.conf and targets of devices, swapped for links',
  async (t) => {
    const canary = new Canary();
    const root = hostileRoot();
    symlinkSync(out(canary.path), join(root, 'etc-link'));
    const names = ['hosts', 'hostname', 'resolv.conf'];
    for (const name of names) {
      writeFileSync(join(root, 'etc', name), 'of the image\n');
      symlinkSync(out(join(canary.path, 'secret')), join(root, `${name}-link`));
    }
    mkdirSync(join(root, 'nodes'));
    symlinkSync(out(canary.path), join(root, 'nodes-link'));
    for (const userNamespace of [undefined, 'auto'] as const) {
      const options: ContainerOptions = {
        rootfs: root,
        ...(userNamespace && { userNamespace }),
        hostname: 'raced',
        network: { interface: 'eth1', dns: { servers: ['192.0.2.53'] } },
        hosts: { other: '192.0.2.1' },
        mounts: ['null', 'zero', 'fresh'].map((name) => ({
          source: `/dev/${name === 'fresh' ? 'null' : name}`,
          target: `/nodes/${name}`,
          options: ['dev'],
        })),
      };
      await createContainer(options).then((box) => box.run(['true']));
      const race = swapper([
        [join(root, 'etc'), join(root, 'etc-link')],
        ...names.map((name): [string, string] => [join(root, 'etc', name), join(root, `${name}-link`)]),
        [join(root, 'nodes'), join(root, 'nodes-link')],
      ]);
      let works = 0;
      try {
        for (let round = 0; round < rounds(ROUNDS / 2) / names.length; round += 4)
          await Promise.all(
            Array.from({ length: 4 }, async () => {
              await using box = await createContainer(options);
              const result = await box
                .run(['attacker', 'see', '/etc/secret', '/nodes/secret', '/hosts-link', '/nodes-link/secret'])
                .catch((error) => typed(t, error));
              if (!result) return;
              works++;
              if (/host-secret/.test(result.stdout)) t.fail(`saw ${result.stdout}`);
            }),
          );
      } finally {
        await race.stop();
      }
      t.ok(works > 0, `${works} launches worked`);
      t.equal(canary.changed(), undefined);
    }
  },
);

audited('CVE-2019-16884 CVE-2016-8649: what an image has in place of /proc is not believed', async (t) => {
  const canary = new Canary();
  const forge = (root: string) => {
    mkdirSync(join(root, 'proc/self/attr'), { recursive: true });
    mkdirSync(join(root, 'proc/sys/net/ipv4'), { recursive: true });
    for (const name of ['setgroups', 'uid_map', 'oom_score_adj', 'attr/exec', 'attr/current'])
      symlinkSync(out(join(canary.path, 'secret')), join(root, 'proc/self', name));
    symlinkSync(out(join(canary.path, 'secret')), join(root, 'proc/sys/net/ipv4/ip_unprivileged_port_start'));
  };
  const image = makeBusybox();
  forge(image);
  const sysctl = { 'net.ipv4.ip_unprivileged_port_start': '78' };
  await using box = await createContainer({
    rootfs: image,
    defaultMounts: false,
    maskedPaths: [],
    readonlyPaths: [],
    sysctl,
    oomScoreAdj: 500,
  });
  await box.start(['sleep', '60'], { user: 'alice' });
  t.equal(readFileSync(`/proc/${box.pid}/oom_score_adj`, 'utf8'), '500\n', 'written where it counts');
  t.match(readFileSync(`/proc/${box.pid}/status`, 'utf8'), /Groups:\t29 44 1000/);
  t.equal(canary.changed(), undefined);

  for (const make of [
    (path: string) => symlinkSync('/tmp', path),
    (path: string) => symlinkSync(out(canary.path), path),
    (path: string) => writeFileSync(path, ''),
  ])
    for (const name of ['proc', 'sys', 'dev']) {
      const root = makeBusybox();
      rmSync(join(root, name), { recursive: true });
      make(join(root, name));
      await t.rejects(
        createContainer({ rootfs: root }).then((each) => each.run(['true'])),
        { code: /^(ENOTDIR|ELOOP)$/ },
        `/${name} that is no directory`,
      );
    }
  for (const target of ['/proc', '/proc/self/attr', '/proc/self', '/proc/sys'])
    await t.rejects(
      createContainer({ rootfs: image, mounts: [{ source: canary.path, target }] }).then((each) => each.run(['true'])),
      { code: /./ },
      `a volume on ${target}`,
    );
  t.equal(canary.changed(), undefined);
});

audited('CVE-2019-18837 CVE-2022-23648 CVE-2025-24965: parents that are links, in every kind of target', async (t) => {
  const canary = new Canary();
  const root = hostileRoot();
  for (const name of ['mnt', 'srv', 'opt'])
    symlinkSync(name === 'opt' ? '/srv/deep' : out(canary.path), join(root, name));
  await using box = await createContainer({
    rootfs: root,
    mounts: [
      { source: temporary('source'), target: '/mnt/bound/deep' },
      { source: attacker(), target: '/srv/single' },
      { type: 'tmpfs', target: '/opt/fresh' },
    ],
    maskedPaths: ['/mnt/bound', '/srv/null'],
    readonlyPaths: ['/opt/fresh'],
  });
  const { stdout } = await box.run(['attacker', 'see', '/mnt/secret', '/srv/secret', '/opt/secret', 'secret'], {
    cwd: '/mnt/new/work',
  });
  t.equal(stdout, '');
  t.equal(canary.changed(), undefined);
  await t.rejects(createContainer({ rootfs: root, mounts: [{ source: canary.path, target: '/../../x' }] }), RangeError);
});

audited('CVE-2026-41579 CVE-2026-47766: nothing is made or removed behind a link in place of /dev', async (t) => {
  for (const absolute of [true, false]) {
    const canary = new Canary();
    const root = makeBusybox();
    rmSync(join(root, 'dev'), { recursive: true });
    symlinkSync(absolute ? canary.path : out(canary.path), join(root, 'dev'));
    await using box = await createContainer({ rootfs: root });
    await t.rejects(box.run(['true']), { code: /^(ENOTDIR|ELOOP)$/ });
    await t.rejects(box.start(['true'], { tty: true }), { code: /./ });
    t.equal(canary.changed(), undefined);
  }
  t.equal(statSync('/dev/ptmx').isCharacterDevice(), true);
});
