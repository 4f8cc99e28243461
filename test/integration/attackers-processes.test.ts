/** What a hostile process can get hold of: descriptors, memory, programs, terminals, identities. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { type ContainerOptions, createContainer, type RunOptions } from 'cofferdam';
import { attacker, Canary, hostileRoot, rounds } from '../support/attacker.ts';
import { audited } from '../support/audit.ts';
import { line } from '../support/program.ts';
import { makeBusybox, temporary } from '../support/rootfs.ts';

const root = hostileRoot();
const digest = (path: string): string => execFileSync('sha256sum', [path], { encoding: 'utf8' });
const addon = createRequire(import.meta.url)('node-gyp-build').resolve(process.cwd()) as string;

const attack = async (mode: string[], container: Partial<ContainerOptions> = {}, options: RunOptions = {}) => {
  await using box = await createContainer({ rootfs: { lower: root }, ...container });
  return (await box.run(['attacker', ...mode], options)).stdout;
};

const HOSTS = [
  ['by default', {}],
  ['with CAP_SYS_PTRACE and no filter', { capabilities: { add: ['SYS_PTRACE'] }, seccomp: 'unconfined' }],
  ['in a user namespace, with all capabilities', { userNamespace: 'auto', capabilities: 'all', seccomp: 'unconfined' }],
] as const;

for (const [how, options] of HOSTS)
  audited(
    `CVE-2016-9962 CVE-2016-8649 CVE-2015-1334 CVE-2019-5736: a spy as PID 1 finds nothing of the host in execs, ${how}`,
    async (t) => {
      const secret = `secret-${Math.random().toString(36).slice(2)}-of-node`;
      process.env.COFFERDAM_TEST_SECRET = secret;
      const before = [process.execPath, addon].map(digest);
      await using box = await createContainer({ rootfs: root, ...options });
      const spy = await box.start(['attacker', 'spy', `${secret.slice(0, 12)}`]);
      let seen = '';
      spy.stdout?.on('data', (chunk) => {
        seen += chunk;
      });
      for (let i = 0; i < rounds(300); i += 6) await Promise.all(Array.from({ length: 6 }, () => box.exec(['true'])));
      box.kill();
      await spy.exited;
      delete process.env.COFFERDAM_TEST_SECRET;
      t.equal(seen, '');
      t.strictSame([process.execPath, addon].map(digest), before);
    },
  );

audited('CVE-2016-9962: containers that share a pid namespace, and one that could trace the other', async (t) => {
  const secret = 'nothing-to-be-found';
  await using tracer = await createContainer({ rootfs: root, capabilities: { add: ['SYS_PTRACE'] } });
  await tracer.start(['attacker', 'sleep']);
  for (const pid of [tracer, { pid: tracer.pid as number }, { path: `/proc/${tracer.pid}/ns/pid` }])
    for (const more of [{}, { userNamespace: 'auto' } as const]) {
      await using box = await createContainer({ rootfs: root, namespaces: { pid }, ...more });
      await t.rejects(box.run(['true']), { code: 'ERR_INVALID_OPTION_VALUE', message: /CAP_SYS_PTRACE/ });
    }
  // Without it, or with what counts in a user namespace of its own alone, there is nothing to be seen.
  for (const harmless of [{}, { userNamespace: 'auto', capabilities: 'all', seccomp: 'unconfined' } as const]) {
    await using spying = await createContainer({ rootfs: root, ...harmless });
    const spy = await spying.start(['attacker', 'spy', secret]);
    let seen = '';
    spy.stdout?.on('data', (chunk) => {
      seen += chunk;
    });
    for (let i = 0; i < rounds(20); i++) {
      await using box = await createContainer({ rootfs: root, namespaces: { pid: spying } });
      t.match(await box.run(['true']), { exitCode: 0 });
    }
    spying.kill();
    await spy.exited;
    // That a process has more capabilities than the spy is no secret, as long as it cannot be traced.
    t.equal(seen.replaceAll(/^capabilities .*\n/gm, ''), '');
  }
});

audited(
  'CVE-2024-21626 hazard 7: thirty directories of the host without close-on-exec, and every small number',
  async (t) => {
    const canary = new Canary();
    const directories = Array.from({ length: 30 }, () => canary.path);
    // A program that was started with them: none is close-on-exec in it.
    const program = `
    import { createContainer } from 'cofferdam';
    const box = await createContainer({ rootfs: ${JSON.stringify(root)} });
    const { stdout } = await box.run(['attacker', 'descriptors']);
    await box.start(['sleep', '60']);
    const inside = (await box.exec(['attacker', 'descriptors'])).stdout;
    const bad = [];
    for (let fd = 3; fd <= 40; fd++)
      for (const cwd of ['/proc/self/fd/' + fd, '/proc/1/fd/' + fd, '/proc/self/fd/' + fd + '/below']) {
        await box.exec(['attacker', 'see', 'secret'], { cwd }).then((r) => bad.push(cwd + r.stdout), (e) => e.code === 'ERR_CWD' || bad.push(String(e)));
        await box.exec(['/proc/self/fd/' + fd + '/../../bin/sh', '-c', 'true']).then(() => bad.push('ran ' + fd), () => {});
      }
    console.log(JSON.stringify({ stdout, inside, bad }));
    await box.remove();
  `;
    const descriptors = directories.map((path) => openSync(path, 'r'));
    const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
      stdio: ['ignore', 'pipe', 'inherit', ...descriptors],
      cwd: process.cwd(),
    });
    try {
      t.equal(await line(child), JSON.stringify({ stdout: '', inside: '', bad: [] }));
      await once(child, 'exit');
    } finally {
      for (const descriptor of descriptors) closeSync(descriptor);
    }
    t.equal(canary.changed(), undefined);
  },
);

audited('CVE-2019-5736: a program whose interpreter is /proc/self/exe, as PID 1 and as exec', async (t) => {
  const image = hostileRoot();
  for (const name of ['evil', 'sh2']) writeFileSync(join(image, 'bin', name), '#!/proc/self/exe\n', { mode: 0o755 });
  symlinkSync('/proc/self/exe', join(image, 'bin/self'));
  await using box = await createContainer({ rootfs: image });
  for (const file of ['/bin/evil', '/bin/self', '/proc/self/exe', '/proc/1/exe']) {
    const outcome = await box.run([file, 'x']).then(
      ({ exitCode }) => `exit ${exitCode}`,
      (error) => error.code,
    );
    t.match(outcome, /^(exit 126|ERR_COMMAND_\w+)$/, file);
  }
  await box.start(['attacker', 'sleep']);
  for (const file of ['/bin/evil', '/bin/self', '/proc/self/exe']) {
    const outcome = await box.exec([file, 'x']).then(
      ({ exitCode }) => `exit ${exitCode}`,
      (error) => error.code,
    );
    t.match(outcome, /^(exit 126|ERR_COMMAND_\w+)$/, file);
  }
});

audited('CVE-2016-10124 CVE-2017-5226: no character gets into a terminal', async (t) => {
  t.equal(await attack(['inject']), '');
  t.equal(await attack(['inject'], { seccomp: { allow: [] }, capabilities: 'all' }), '');
  await using box = await createContainer({ rootfs: root });
  const first = await box.start(['attacker', 'inject'], { tty: true });
  let text = '';
  first.terminal?.on('data', (chunk) => {
    text += chunk;
  });
  await first.exited;
  t.notMatch(text, /TIOC/);
});

audited('CVE-2019-14271 CVE-2022-1227: nothing of the image is run or loaded on the way', async (t) => {
  const image = hostileRoot();
  const marker = temporary('marker');
  for (const name of ['ps', 'nsenter', 'sh', 'top', 'newuidmap']) {
    execFileSync('rm', ['-f', join(image, 'bin', name)]);
    writeFileSync(join(image, 'bin', name), '#!/bin/busybox sh\necho run > /marker/evil\n', { mode: 0o755 });
  }
  mkdirSync(join(image, 'lib'));
  writeFileSync(join(image, 'etc/nsswitch.conf'), 'passwd: evil files\ngroup: evil files\n');
  for (const name of ['libnss_files.so.2', 'libnss_evil.so.2', 'libc.so.6'])
    writeFileSync(join(image, 'lib', name), 'no library');
  await using box = await createContainer({
    rootfs: image,
    mounts: [{ source: marker, target: '/marker' }],
    user: 'alice:audio',
  });
  await box.start(['attacker', 'sleep']);
  t.match(box.ps(), [{ command: ['attacker', 'sleep'] }]);
  await box.stats();
  t.match(await box.exec(['busybox', 'id', '-u'], { user: 'alice' }), { stdout: '1000\n' });
  t.strictSame(readdirSync(marker), []);
});

audited(
  'CVE-2021-3602 CVE-2020-14370 CVE-2021-21334 hazard 13: the environment of this program, also in a child with IPC',
  async (t) => {
    const child = spawn(
      process.execPath,
      [
        '--input-type=module',
        '--eval',
        `import { createContainer } from 'cofferdam';
       const box = await createContainer({ rootfs: ${JSON.stringify(root)} });
       const run = await box.run(['sh', '-c', 'env; tr "\\\\0" "\\\\n" < /proc/1/environ; attacker descriptors']);
       process.stdout.write(JSON.stringify(run.stdout) + '\\n', () => process.exit());`,
      ],
      {
        stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
        env: {
          ...process.env,
          SECRET: 'mine',
          LD_PRELOAD: process.env.LD_PRELOAD ?? '',
          NODE_OPTIONS: '--no-warnings',
          NOTIFY_SOCKET: '/run/x',
          LISTEN_FDS: '1',
        },
      },
    );
    const text = JSON.parse(await line(child)) as string;
    t.notMatch(text, /SECRET|mine|LD_|NODE_|NOTIFY|LISTEN|npm_|open \d/);
    t.match(text, /^PATH=/m);
    await once(child, 'exit');
  },
);

audited(
  'CVE-2022-2989 CVE-2022-2990 CVE-2022-2995 CVE-2022-36109 CVE-2023-25173: groups are those that were asked for',
  async (t) => {
    const groups = async (options: RunOptions) => {
      await using box = await createContainer({ rootfs: root });
      return (await box.run(['sh', '-c', 'id -G'], options)).stdout.trim();
    };
    t.equal(await groups({}), '0');
    t.equal(await groups({ user: 1000 }), '1000 29 44');
    t.equal(await groups({ user: '1000:5' }), '5 29 44');
    t.equal(await groups({ user: { uid: 1000, gid: 5, groups: [7, 8] } }), '5 7 8');
    t.equal(await groups({ user: { uid: 1000, gid: 5, groups: [] } }), '5');
    // A file that a group is denied: its members must not shed it by a set-group-ID program.
    const image = hostileRoot();
    writeFileSync(join(image, 'denied'), 'secret');
    execFileSync('chown', ['0:29', join(image, 'denied')]);
    chmodSync(join(image, 'denied'), 0o604);
    execFileSync('cp', [attacker(), join(image, 'bin/sgid')]);
    execFileSync('chown', ['0:44', join(image, 'bin/sgid')]);
    chmodSync(join(image, 'bin/sgid'), 0o2755);
    for (const noNewPrivileges of [true, false]) {
      await using box = await createContainer({ rootfs: image, noNewPrivileges });
      const { stdout } = await box.run(['sgid', 'see', '/denied'], { user: { uid: 1000, gid: 29, groups: [] } });
      t.equal(stdout, '', `primary group 29, no_new_privs ${noNewPrivileges}`);
    }
  },
);

audited('CVE-2016-3697 CVE-2024-40635 CVE-2026-30892 CVE-2026-46680 CVE-2022-4318: users', async (t) => {
  const image = makeBusybox();
  writeFileSync(
    join(image, 'etc/passwd'),
    'root:x:0:0::/:/bin/sh\n1000:x:0:0::/:/bin/sh\n4294967296:x:0:0::/:/bin/sh\nname:x:4294967296:4294967296::/:/bin/sh\nminus:x:-1:-1::/:/bin/sh\nname2:x:5:6:::\n',
  );
  await using box = await createContainer({ rootfs: image });
  const id = async (user: string | number) =>
    (await box.run(['sh', '-c', 'echo $(id -u):$(id -g)'], { user })).stdout.trim();
  for (const [user, expected] of [
    ['1', '1:0'],
    ['1:1', '1:1'],
    ['0:0', '0:0'],
    [1000, '1000:0'],
    ['1000', '1000:0'],
    ['name2', '5:6'],
    ['2147483648', '2147483648:0'],
    ['4294967294:4294967294', '4294967294:4294967294'],
  ] as const)
    t.equal(await id(user), expected, String(user));
  for (const user of [
    '4294967295',
    '4294967296',
    '-1',
    '1e3',
    ' 1',
    '0x1',
    ':5',
    'root:',
    '',
    '1:2:3',
    -1,
    2 ** 32,
    1.5,
  ])
    await t.rejects(id(user), { code: /^ERR_INVALID_OPTION/ }, JSON.stringify(user));
  for (const user of ['name', 'minus', 'nobody-here']) await t.rejects(id(user), { code: 'ERR_NO_SUCH_USER' }, user);
  const before = readFileSync(join(image, 'etc/passwd'), 'utf8');
  await box.run(['true'], { env: { HOME: '/\nroot2::0:0::/:/bin/sh' } });
  t.equal(readFileSync(join(image, 'etc/passwd'), 'utf8'), before);
  await t.rejects(createContainer({ rootfs: image, hostname: 'a\nb' }), RangeError);
});

audited(
  'CVE-2022-24769 CVE-2022-27649 CVE-2022-27650 CVE-2022-27651: capability sets of run, exec and init',
  async (t) => {
    await using box = await createContainer({ rootfs: root, init: true });
    await box.start(['attacker', 'sleep']);
    const sets = ['cat', '/proc/self/status'];
    for (const { stdout } of [
      await box.exec(sets),
      await box.exec(sets, { capabilities: ['NET_ADMIN'] }),
      await box.exec(sets, { user: 1000, capabilities: 'all' }),
      await box.exec(['cat', '/proc/1/status']),
    ])
      t.match(stdout, /CapInh:\t0{16}\n.*CapAmb:\t0{16}\n.*NoNewPrivs:\t1\n/s);
    const ambient = ['NET_RAW'];
    const asked = await box.exec(sets, {
      user: 1000,
      capabilities: { bounding: ambient, permitted: ambient, effective: ambient, inheritable: ambient, ambient },
    });
    t.match(asked.stdout, /CapInh:\t0{12}2000\n.*CapAmb:\t0{12}2000\n/s);
  },
);

audited('hazards 2, 4, 8, 9, 12, 14, 15, 16, 28: a fresh process, and this one as it was', async (t) => {
  const own = () => ({
    umask: process.umask(),
    dumpable: statSync('/proc/self/maps').uid,
    namespaces: readdirSync('/proc/self/task').map((task) =>
      ['mnt', 'net', 'uts', 'ipc', 'user', 'cgroup']
        .map((name) => statSync(`/proc/self/task/${task}/ns/${name}`).ino)
        .join(),
    ),
  });
  const { namespaces, ...before } = own();
  const program = `
    import { createContainer } from 'cofferdam';
    const box = await createContainer({ rootfs: ${JSON.stringify(root)} });
    const { stdout } = await box.run(['cat', '/proc/1/status', '/proc/1/stat', '/proc/1/coredump_filter']);
    console.log(JSON.stringify(stdout));
    await box.remove();`;
  const child = spawn('taskset', ['1', 'nice', '-n', '5', process.execPath, '--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const text = JSON.parse(await line(child)) as string;
  await once(child, 'exit');
  t.match(text, /SigQ:.*SigPnd:\t0{16}\nShdPnd:\t0{16}\nSigBlk:\t0{16}\nSigIgn:\t0{16}\n/s);
  t.match(text, /Groups:\t0 \n/);
  t.match(
    text,
    new RegExp(
      `Cpus_allowed_list:\\t${/Cpus_allowed_list:\t(.*)/.exec(readFileSync('/proc/1/status', 'utf8'))?.[1]}\n`,
    ),
  );
  const stat = text.slice(text.indexOf('1 (cat)')).split('\n')[0] as string;
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  t.equal(fields[3], '1', 'a session of its own');
  t.equal(fields[16], '0', 'nice');
  t.match(text, /^Umask:\t0022$/m);
  t.match(text, /\n00000033\n$/);
  const { namespaces: now, ...after } = own();
  t.strictSame(after, before);
  t.equal(new Set([...namespaces, ...now]).size, 1, 'every thread is where it was');
});

audited('hazard 27: options of a prototype are no options', async (t) => {
  const options = JSON.parse(
    `{ "rootfs": ${JSON.stringify(root)}, "__proto__": { "capabilities": "all", "seccomp": "unconfined" } }`,
  );
  const box = await createContainer(options).catch((error) => error);
  if (!(box instanceof Error)) {
    const { stdout } = await box.run(['cat', '/proc/self/status']);
    t.match(stdout, /Seccomp:\t2/);
    t.notMatch(stdout, /CapEff:\t000001ff/);
  } else t.match(box, { code: 'ERR_UNKNOWN_OPTION' });
  await t.rejects(createContainer({ rootfs: root, privileged: true } as unknown as ContainerOptions), {
    code: 'ERR_UNKNOWN_OPTION',
  });
  await t.rejects(
    createContainer({
      rootfs: root,
      annotations: { 'org.systemd.property.ExecStart': '1' },
    } as unknown as ContainerOptions),
    { code: 'ERR_UNKNOWN_OPTION' },
    'CVE-2024-3154',
  );
});
