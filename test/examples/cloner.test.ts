/** The cloner as a person uses it: each command a program of its own. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa, execaSync } from 'execa';
import type { Test } from 'tap';
import { audited } from '../support/audit.ts';
import { example, type Ran, top } from '../support/command.ts';
import { compiledExamples } from '../support/compiled.ts';
import { fill, unmount } from '../support/disk.ts';
import { noBusybox, temporary } from '../support/rootfs.ts';

const state = temporary('cloner');
const cache = temporary('cloner-cache');
const env = { COFFERDAM_ROOT: state, COFFERDAM_CACHE: cache };
const path = join(state, 'lib/cloner');
const program = join(compiledExamples(), 'examples/cloner.js');
const cloner = (...args: string[]): Promise<Ran> => example(program, args, env);

/** Without an interface: what is tested about networks says so. */
const alone = join(state, 'alone.conf');
writeFileSync(alone, 'lxc.net.0.type = empty\n');

async function ok(t: Test, ...args: string[]): Promise<string> {
  const { stdout, stderr, exitCode } = await cloner(...args);
  t.equal(exitCode, 0, `${args.join(' ')}: ${stderr}`);
  return stdout;
}

interface Listed {
  name: string;
  state: string;
  pid: number | null;
  ipv4: string[];
}

const list = async (t: Test, ...args: string[]): Promise<Listed[]> => JSON.parse(await ok(t, 'ls', '--json', ...args));
const states = async (t: Test): Promise<Record<string, string>> =>
  Object.fromEntries((await list(t)).map(({ name, state: each }) => [name, each]));
const make = (t: Test, name: string) => ok(t, 'create', '-n', name, '-t', 'busybox', '-f', alone);

/** Bounded, since a container's init takes its time. */
async function until(t: Test, what: string, check: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 30_000; Date.now() < end; await sleep(200)) if (await check()) return;
  t.fail(`in vain: ${what}`);
}

audited(
  'from create to destroy',
  async (t) => {
    t.match(await cloner('start', '-n', 'base'), {
      exitCode: 1,
      stderr: /base does not exist in .*; make it with: cloner create/,
    });
    await make(t, 'base');
    t.match(await cloner('create', '-n', 'base', '-t', 'busybox'), { exitCode: 1, stderr: /base is there already/ });
    t.equal(await ok(t, 'ls'), 'base');
    t.match(await cloner('create', '-n', 'small', '-t', 'alpine', '--', '-m', 'http://127.0.0.1:65530'), {
      exitCode: 1,
      stderr: /the mirror http:\/\/127.0.0.1:65530 cannot be used .*; -t debian needs only this machine's apt/,
    });
    t.match(await list(t), [{ name: 'base', state: 'STOPPED', pid: null, ipv4: [] }]);
    t.match(await cloner('stop', '-n', 'base'), { exitCode: 2, stderr: /base is not running/ });
    t.match(await cloner('attach', '-n', 'base', '--', 'true'), { exitCode: 1, stderr: /base does not run/ });

    await ok(t, 'start', 'base');
    t.match(await cloner('start', '-n', 'base'), { exitCode: 0, stderr: /base is already running/ });
    const [row] = await list(t);
    t.match(row, { state: 'RUNNING', pid: Number });
    t.match(
      await ok(t, 'ls', '--fancy'),
      /^NAME STATE +AUTOSTART GROUPS IPV4 IPV6 UNPRIVILEGED\nbase RUNNING 0 +- +- +- +false$/,
    );
    t.equal(await ok(t, 'attach', '-n', 'base', '--', 'hostname'), 'base');
    t.match(await cloner('attach', '-n', 'base', '--', 'sh', '-c', 'exit 7'), { exitCode: 7 });
    t.match(await cloner('attach', '-n', 'base', '--', 'nowhere'), { exitCode: 127, stderr: /nowhere/ });
    t.equal(
      await ok(t, 'attach', '-n', 'base', '-v', 'COLOUR=green', '--', 'sh', '-c', 'echo $COLOUR $container'),
      'green lxc',
    );
    t.match(await cloner('attach', '-n', 'base', '-e', '--', 'true'), {
      exitCode: 1,
      stderr: /-e is refused: .*: nsenter --target \d+ --all COMMAND$/,
    });
    t.match(await cloner('attach', '-n', 'base', '-s', 'NETWORK|PID', '-R', '--', 'true'), {
      exitCode: 1,
      stderr: /-s without MOUNT, UTSNAME, IPC is refused: .*: nsenter --target \d+ --net --pid COMMAND$/,
    });
    // It has the user namespace of the host: a list without it lacks nothing.
    await ok(t, 'attach', '-n', 'base', '-s', 'NETWORK|PID|MOUNT|UTSNAME|IPC', '--', 'true');
    t.match(await ok(t, 'info', '-n', 'base'), /^Name: +base\nState: +RUNNING\nPID: +\d+\n/);
    t.equal(await ok(t, 'info', '-n', 'base', '-p', '-H'), String(row?.pid));

    await ok(t, 'freeze', '-n', 'base');
    t.match(await states(t), { base: 'FROZEN' });
    t.match(await cloner('attach', '-n', 'base', '--', 'true'), { exitCode: 1, stderr: /base is frozen/ });
    t.match(await cloner('wait', '-n', 'base', '-s', 'STOPPED', '-t', '0.1'), { exitCode: 1 });
    await ok(t, 'unfreeze', '-n', 'base');
    await ok(t, 'wait', '-n', 'base', '-s', 'RUNNING|STOPPED');

    await until(t, 'the console says what to do', async () => /press Enter/.test(await ok(t, 'logs', '-n', 'base')));
    t.match(await cloner('destroy', '-n', 'base'), { exitCode: 1, stderr: /base runs/ });
    await ok(t, 'stop', '-n', 'base');
    t.match(await states(t), { base: 'STOPPED' });
    t.match(await ok(t, 'logs', '-n', 'base'), /The system is going down/);
    await ok(t, 'destroy', '-n', 'base');
    t.match(await cloner('info', '-n', 'base'), { exitCode: 1, stderr: /base doesn't exist/ });
    t.strictSame(readdirSync(path), []);
  },
  noBusybox,
);

audited(
  'reboot and poweroff do what they say; stop -r as well; a service starts with the container',
  async (t) => {
    await make(t, 'init');
    writeFileSync(join(path, 'init/rootfs/etc/init.d/S10count'), '#!/bin/sh\n[ $1 = start ] && echo boot >> /boots\n', {
      mode: 0o755,
    });
    const inittab = join(path, 'init/rootfs/etc/inittab');
    writeFileSync(inittab, `${readFileSync(inittab, 'utf8')}::respawn:/bin/httpd -f -p 80 -h /\n`);
    await ok(t, 'start', '-n', 'init');
    const boots = async () => readFileSync(join(path, 'init/rootfs/boots'), 'utf8').split('boot').length - 1;
    const [{ pid } = { pid: 0 }] = await list(t);
    await ok(t, 'attach', '-n', 'init', '--', 'reboot');
    await until(t, 'it reboots', async () => {
      const [now] = await list(t);
      return now?.state === 'RUNNING' && now.pid !== pid && (await boots()) === 2;
    });
    await ok(t, 'stop', '-n', 'init', '-r', '-t', '30');
    await until(t, 'its third boot', async () => (await boots()) === 3);
    await until(
      t,
      'its service answers',
      async () =>
        (await cloner('attach', '-n', 'init', '--', 'wget', '-q', '-O', '-', 'http://127.0.0.1/etc/hostname'))
          .exitCode !== 4 &&
        /boot/.test(
          (await cloner('attach', '-n', 'init', '--', 'wget', '-q', '-O', '-', 'http://127.0.0.1/boots')).stdout,
        ),
    );
    await ok(t, 'attach', '-n', 'init', '--', 'poweroff');
    await ok(t, 'wait', '-n', 'init', '-s', 'STOPPED', '-t', '30');

    // A plain command instead of an init.
    await ok(
      t,
      'start',
      '-n',
      'init',
      '--',
      '/bin/sh',
      '-c',
      'trap "exit 0" USR1; echo up; while :; do sleep 0.1; done',
    );
    await until(t, 'it says that it is up', async () => /^up/.test(await ok(t, 'logs', '-n', 'init')));
    await ok(t, 'stop', '-n', 'init', '-r', '-t', '2');
    t.match(await states(t), { init: 'RUNNING' }, 'what only ends is started again');
    await ok(t, 'stop', '-n', 'init', '-k');
    await ok(t, 'destroy', '-n', 'init');
  },
  noBusybox,
);

audited(
  'copies',
  async (t) => {
    await make(t, 'base');
    writeFileSync(
      join(path, 'base/config'),
      `${readFileSync(join(path, 'base/config'), 'utf8')}lxc.init.cmd = /bin/sleep 1000\n`,
    );
    const names = (await ok(t, 'copy', '-n', 'base', '-N', 'web', '-e', '-B', 'overlay', '--count', '3'))
      .split('\n')
      .sort();
    t.strictSame(names, ['web-1', 'web-2', 'web-3']);
    t.match(await states(t), { base: 'STOPPED', 'web-1': 'RUNNING', 'web-2': 'RUNNING', 'web-3': 'RUNNING' });
    t.equal(await ok(t, 'attach', '-n', 'web-2', '--', 'hostname'), 'web-2');
    await ok(t, 'attach', '-n', 'web-1', '--', 'touch', '/mine');
    t.notOk(existsSync(join(path, 'base/rootfs/mine')));
    t.match(await cloner('copy', '-n', 'base', '-N', 'web-2', '-e'), { exitCode: 1, stderr: /web-2 is there already/ });
    t.match(await cloner('copy', '-n', 'web-1', '-N', 'x', '-e'), {
      exitCode: 1,
      stderr: /web-1 is RUNNING.*stop it first/,
    });
    t.match(await cloner('destroy', '-n', 'base'), { exitCode: 1, stderr: /has overlay copies.*web-1, web-2, web-3/ });
    await ok(t, 'stop', '-n', 'web-1', '-k');
    await ok(t, 'destroy', '-n', 'web-3', '-f');
    t.strictSame(Object.keys(await states(t)), ['base', 'web-2'], 'gone with all files');
    t.strictSame(readdirSync(path).sort(), ['base', 'web-2']);
    await ok(t, 'stop', '-n', 'web-2', '-k');

    const [random = ''] = (await ok(t, 'copy', '-n', 'base', '-e', '-t')).split('\n');
    t.match(random, /^base_\w{6}$/);
    t.notOk(existsSync(join(path, random, 'delta0')), 'changes are in memory');
    await ok(t, 'stop', '-n', random, '-k');

    await ok(t, 'copy', '-n', 'base', '-N', 'lasting', '-s');
    await ok(t, 'start', '-n', 'lasting');
    await ok(t, 'attach', '-n', 'lasting', '--', 'sh', '-c', 'echo kept > /kept; rm /etc/inittab');
    await ok(t, 'stop', '-n', 'lasting', '-k');
    await ok(t, 'copy', '-n', 'lasting', '-N', 'second', '-e');
    t.match(await cloner('attach', '-n', 'second', '--', 'sh', '-c', 'cat /kept; ls /etc/inittab'), {
      stdout: 'kept',
      exitCode: 1,
    });
    await ok(t, 'stop', '-n', 'second', '-k');

    await ok(t, 'snapshot', '-n', 'lasting');
    await ok(t, 'start', '-n', 'lasting');
    await ok(t, 'attach', '-n', 'lasting', '--', 'rm', '/kept');
    t.match(await cloner('snapshot', '-n', 'lasting'), { exitCode: 1, stderr: /is RUNNING/ });
    await ok(t, 'stop', '-n', 'lasting', '-k');
    t.match(await ok(t, 'snapshot', '-n', 'lasting', '-L'), /^snap0 \(.*\) \d{4}:\d\d:\d\d /);
    t.match(await cloner('destroy', '-n', 'lasting'), { exitCode: 1, stderr: /has snapshots/ });
    await ok(t, 'snapshot', '-n', 'lasting', '--restore', 'snap0');
    t.equal(readFileSync(join(path, 'lasting/delta0/kept'), 'utf8'), 'kept\n');
    await ok(t, 'snapshot', '-n', 'lasting', '-r', 'snap0', '-N', 'older');
    t.match(await cloner('snapshot', '-n', 'lasting', '-r', 'snap9'), {
      exitCode: 1,
      stderr: /no snapshot 'snap9'; there are: snap0/,
    });
    await ok(t, 'copy', '-n', 'older', '-N', 'renamed', '-R');
    t.match(Object.keys(await states(t)), ['base', 'lasting', 'renamed']);

    await ok(t, 'copy', '-n', 'base', '-N', 'whole');
    t.ok(existsSync(join(path, 'whole/rootfs/bin/busybox')));
    for (const name of ['whole', 'renamed', 'lasting', 'base']) await ok(t, 'destroy', '-s', '-n', name);
    t.strictSame(readdirSync(path), []);
  },
  noBusybox,
);

audited(
  'files beside a configuration: kept by a snapshot, copied, and taken along to another name',
  async (t) => {
    await make(t, 'kept');
    const of = (name: string, file: string) => join(path, name, file);
    writeFileSync(of('kept', 'hook'), '#!/bin/sh\n', { mode: 0o755 });
    writeFileSync(of('kept', 'note'), 'of a person\n');
    const text = readFileSync(of('kept', 'config'), 'utf8');
    writeFileSync(
      of('kept', 'config'),
      `${text}lxc.init.cmd = /bin/sleep 1000\nlxc.hook.pre-start = ${of('kept', 'hook')}\n`,
    );
    await ok(t, 'snapshot', '-n', 'kept');
    await ok(t, 'snapshot', '-n', 'kept', '-r', 'snap0');
    t.equal(readFileSync(of('kept', 'note'), 'utf8'), 'of a person\n', 'the way back leaves it alone');
    await ok(t, 'copy', '-n', 'kept', '-N', 'twin');
    await ok(t, 'copy', '-n', 'kept', '-N', 'other', '-R');
    t.strictSame(readdirSync(path).sort(), ['other', 'twin']);
    t.equal(readFileSync(of('other', 'note'), 'utf8'), 'of a person\n', 'another name, too');
    await ok(t, 'snapshot', '-n', 'other', '-r', 'snap0');
    for (const name of ['other', 'twin']) {
      t.match(await ok(t, 'info', '-n', name, '-c', 'lxc.hook.pre-start'), of(name, 'hook'));
      await ok(t, 'start', '-n', name);
      t.equal(await ok(t, 'attach', '-n', name, '--', 'hostname'), name);
      await ok(t, 'stop', '-k', '-n', name);
      await ok(t, 'destroy', '-s', '-n', name);
    }
    t.strictSame(readdirSync(path), []);
  },
  noBusybox,
);

audited(
  'a full disk: another name and a snapshot are refused, nothing is lost, and a second attempt works',
  async (t) => {
    const disk = join(state, 'disk');
    mkdirSync(disk);
    await execa('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', disk]);
    try {
      await ok(t, 'create', '-P', disk, '-n', 'first', '-t', 'busybox', '-f', alone);
      fill(t, join(disk, 'ballast'));
      const before = readFileSync(join(disk, 'first/config'), 'utf8');
      t.match(await cloner('copy', '-P', disk, '-n', 'first', '-N', 'second', '-R'), { exitCode: 1, stderr: /ENOSPC/ });
      t.match(await cloner('snapshot', '-P', disk, '-n', 'first'), { exitCode: 1, stderr: /[Nn]o space|ENOSPC/ });
      t.ok(existsSync(join(disk, 'first/rootfs/bin/busybox')));
      t.equal(readFileSync(join(disk, 'first/config'), 'utf8'), before);
      t.strictSame(readdirSync(disk).sort(), ['ballast', 'first']);
      rmSync(join(disk, 'ballast'));
      await ok(t, 'snapshot', '-P', disk, '-n', 'first');
      await ok(t, 'copy', '-P', disk, '-n', 'first', '-N', 'second', '-R');
      t.strictSame(readdirSync(disk), ['second']);
      await ok(t, 'destroy', '-P', disk, '-s', '-n', 'second');
    } finally {
      t.ok(await unmount(disk));
    }
  },
  noBusybox,
);

audited(
  'the configuration is read at every start, and what is wrong in it is named with its line',
  async (t) => {
    await make(t, 'conf');
    const config = join(path, 'conf/config');
    const text = readFileSync(config, 'utf8');
    const hooks = join(state, 'hooks');
    const hook = (name: string) => `lxc.hook.${name} = /bin/sh -c 'echo ${name} $LXC_NAME >> ${hooks}'`;
    writeFileSync(
      config,
      `${text}lxc.init.cmd = /bin/sh -c "echo in $COLOUR; sleep 1000"
lxc.environment = COLOUR=green
lxc.cgroup.pids.max = 32
lxc.mount.entry = ${state} mnt/state none bind,ro 0 0
lxc.uts.name = named
lxc.prlimit.nofile = 99
${['pre-start', 'start-host', 'post-stop', 'destroy'].map(hook).join('\n')}
`,
    );
    await ok(t, 'start', '-n', 'conf');
    t.equal(
      await ok(
        t,
        'attach',
        '-n',
        'conf',
        '--',
        'sh',
        '-c',
        'hostname; ls /mnt/state/alone.conf; touch /mnt/state/x 2>&1 | grep -c Read-only; ulimit -n',
      ),
      'named\n/mnt/state/alone.conf\n1\n99',
    );
    await until(t, 'it prints', async () => /^in green/.test(await ok(t, 'logs', '-n', 'conf')));
    t.equal(await ok(t, 'cgroup', '-n', 'conf', 'pids.max'), '32');
    await ok(t, 'cgroup', '-n', 'conf', 'pids.max', '40');
    t.equal(await ok(t, 'cgroup', '-n', 'conf', 'pids.max'), '40');
    t.match(await cloner('cgroup', '-n', 'conf', 'pids.nothing'), { exitCode: 1, stderr: /has no pids.nothing/ });
    t.match(await ok(t, 'info', '-n', 'conf', '-c', 'lxc.prlimit'), 'lxc.prlimit.nofile = 99');
    await ok(t, 'stop', '-k', '-n', 'conf');
    await until(t, 'the hooks have run', async () => /post-stop conf/.test(readFileSync(hooks, 'utf8')));
    t.equal(readFileSync(hooks, 'utf8'), 'pre-start conf\nstart-host conf\npost-stop conf\n');

    writeFileSync(config, `${text}lxc.utsname = old\nlxc.cgroup.memory.limit_in_bytes = much\nnonsense\n`);
    const lines = text.split('\n').length;
    const wrong = await cloner('start', '-n', 'conf');
    t.equal(wrong.exitCode, 1);
    t.match(wrong.stderr, new RegExp(`config:${lines}: unknown key 'lxc.utsname': since LXC 3 it is lxc.uts.name`));
    t.match(wrong.stderr, new RegExp(`config:${lines + 2}: 'nonsense' is not KEY = VALUE`));
    writeFileSync(config, `${text}lxc.hook.pre-start = /bin/false\n`);
    t.match(await cloner('start', '-n', 'conf'), {
      exitCode: 1,
      stderr: /lxc.hook.pre-start: \/bin\/false ended with status 1/,
    });
    t.match(await cloner('start', '-n', 'conf', '-s', 'lxc.hook.pre-start=', '-s', 'lxc.nothing=1'), {
      exitCode: 1,
      stderr: /--define:2: unknown key/,
    });
    writeFileSync(config, `${text}lxc.namespace.share.net = other\n`);
    t.match(await cloner('start', '-n', 'conf'), {
      exitCode: 1,
      stderr: /lxc.namespace.share.net: .* outlives .*: give both an lxc.net.0.link/,
    });
    writeFileSync(config, `${text}lxc.hook.mount = /bin/true\nlxc.idmap = b 0 1 9\n`);
    t.match(await cloner('execute', '-n', 'conf', '--', 'true'), {
      exitCode: 1,
      stderr: /lxc.hook.mount cannot be run together with lxc.idmap: say the mount as lxc.mount.entry/,
    });
    writeFileSync(config, `${text}lxc.hook.version = 1\nlxc.hook.mount = sh -c 'echo no; exit 3'\n`);
    t.match(await cloner('start', '-n', 'conf'), {
      exitCode: 1,
      stderr: /lxc.hook.mount: sh -c 'echo no; exit 3' failed: no/,
    });
    const between = join(state, 'between');
    const said = (name: string, more: string) =>
      `lxc.hook.${name} = sh -c 'echo $1 $2 $3 $LXC_NAME ${more} >> ${between}' hook`;
    writeFileSync(
      config,
      [
        text,
        said('autodev', '$(touch "$LXC_ROOTFS_MOUNT/dev/made")'),
        said('mount', '$(ls -d "$LXC_ROOTFS_MOUNT/dev/null")'),
        said('pre-mount', '$LXC_ROOTFS_PATH'),
        said('start-host', '$LXC_LOG_LEVEL $LXC_CONSOLE $LXC_CONSOLE_LOGPATH $(cat /proc/$LXC_PID/comm)'),
        'lxc.log.level = 1',
        'lxc.console.path = none',
        'lxc.console.logfile = /log',
      ].join('\n'),
    );
    await ok(t, 'start', '-n', 'conf');
    await ok(t, 'attach', '-n', 'conf', '--', 'ls', '/dev/made');
    await ok(t, 'stop', '-k', '-n', 'conf');
    t.match(readFileSync(between, 'utf8').split('\n'), [
      /^conf lxc pre-mount conf dir:\/.*\/conf\/rootfs$/,
      /^conf lxc mount conf \/.*\/conf\/rootfs\/dev\/null$/,
      'conf lxc autodev conf',
      'conf lxc start-host conf DEBUG none /log init',
      '',
    ]);
    writeFileSync(config, text);
    t.match(await cloner('start', '-n', 'conf', '--', '/bin/nowhere'), {
      exitCode: 1,
      stderr: /\/bin\/nowhere.* not found/,
    });
    t.match(await states(t), { conf: 'STOPPED' });
    await ok(t, 'destroy', '-n', 'conf');
  },
  noBusybox,
);

audited(
  'commands at the same time: each works, or says why not',
  async (t) => {
    await make(t, 'one');
    const sleepy = ['--', '/bin/sleep', '1000'];
    const starts = await Promise.all([1, 2, 3].map(() => cloner('start', '-n', 'one', ...sleepy)));
    t.equal(starts.filter(({ exitCode, stderr }) => exitCode === 0 && stderr === '').length, 1, 'one start');
    for (const { stderr } of starts)
      if (stderr !== '') t.match(stderr, /one is (already running|running, or being started, already)/);
    await ok(t, 'stop', '-k', '-n', 'one');

    const copies = await Promise.all(
      [1, 2, 3, 4].map((number) => cloner('copy', '-n', 'one', '-N', `c${number}`, '-e', '-t')),
    );
    t.match(copies, [{ stdout: 'c1' }, { stdout: 'c2' }, { stdout: 'c3' }, { stdout: 'c4' }]);
    const same = await Promise.all([1, 2, 3].map(() => cloner('copy', '-n', 'one', '-N', 'same', '-e')));
    t.equal(same.filter(({ exitCode }) => exitCode === 0).length, 1, 'one of a name');
    for (const { exitCode, stderr } of same) if (exitCode !== 0) t.match(stderr, /same is there already/);
    await Promise.all(['c1', 'c2', 'c3', 'c4', 'same'].map((name) => ok(t, 'destroy', '-f', '-n', name)));

    const [started, destroyed] = await Promise.all([
      cloner('start', '-n', 'one', ...sleepy),
      cloner('destroy', '-n', 'one'),
    ]);
    if (destroyed.exitCode === 0) t.equal(started.exitCode, 1, `start: ${started.stderr}`);
    else {
      t.match(destroyed.stderr, /one runs/);
      t.equal(started.exitCode, 0, started.stderr);
      await ok(t, 'destroy', '-f', '-n', 'one');
    }
    t.strictSame(await list(t), []);
    t.strictSame(readdirSync(path), []);
  },
  noBusybox,
);

audited(
  'autostart, execute, top and monitor',
  async (t) => {
    for (const name of ['first', 'second']) await make(t, name);
    const set = (name: string, ...lines: string[]) => {
      const config = join(path, name, 'config');
      writeFileSync(config, [readFileSync(config, 'utf8'), ...lines, ''].join('\n'));
    };
    set('first', 'lxc.start.auto = 1', 'lxc.start.order = 2', 'lxc.init.cmd = /bin/sleep 1000');
    set('second', 'lxc.start.auto = 1', 'lxc.start.order = 1', 'lxc.start.delay = 1', 'lxc.init.cmd = /bin/sleep 1000');
    t.equal(await ok(t, 'autostart', '-L'), 'second 1\nfirst 0');
    t.equal(await ok(t, 'autostart', '-L', '-k'), '', 'none of them runs');
    const monitor = execa(process.execPath, [program, 'monitor'], {
      cwd: top,
      env,
      reject: false,
    });
    let told = '';
    monitor.stdout?.on('data', (data) => {
      told += data;
    });
    const broken = join(path, 'broken');
    mkdirSync(broken);
    writeFileSync(join(broken, 'config'), 'lxc.start.auto = 1\nlxc.nonsense = 1\n');
    // It says nothing until something happens: starts until it has heard of one.
    t.match(await cloner('autostart'), { exitCode: 1, stderr: /broken: .*lxc\.nonsense/ });
    rmSync(broken, { recursive: true });
    await until(t, 'the monitor is there', async () => {
      await ok(t, 'freeze', '-n', 'first');
      await ok(t, 'unfreeze', '-n', 'first');
      return /'first' changed state to \[(FROZEN|RUNNING)\]/.test(told);
    });
    t.match(await states(t), { first: 'RUNNING', second: 'RUNNING' });
    t.match(await ok(t, 'top'), /^Container +CPU[\s\S]*\nfirst +\d[\s\S]*\nsecond +\d[\s\S]*\nTOTAL 2 /);
    t.equal(await ok(t, 'autostart', '-L'), '', 'all the others run');
    t.equal(await ok(t, 'autostart', '-L', '-r'), 'second 1\nfirst 0');
    await ok(t, 'autostart', '-k');
    await until(t, 'the monitor tells of the end', async () => /'second' changed state to \[STOPPED\]/.test(told));
    monitor.kill();
    await monitor;
    t.match(await cloner('execute', '-n', 'first', '--', 'sh', '-c', 'hostname; exit 3'), {
      stdout: 'first',
      exitCode: 3,
    });
    t.match(await cloner('execute', '-n', 'first', '--', 'nowhere'), { exitCode: 127 });
    t.equal(await ok(t, 'execute', '-n', 'nobody', '--', 'echo', 'hello'), 'hello');
    for (const name of ['first', 'second']) await ok(t, 'destroy', '-n', name);
  },
  noBusybox,
);

const lxc = execaSync('lxc-create', ['--version'], { reject: false });

audited(
  'what lxc-create made starts unchanged',
  async (t) => {
    const directory = join(state, 'lxc');
    mkdirSync(directory);
    await execa('lxc-create', ['-n', 'debian', '-t', 'busybox', '-P', directory, '-f', alone]);
    const before = readFileSync(join(directory, 'debian/config'), 'utf8');
    await ok(t, 'start', '-P', directory, '-n', 'debian');
    t.match(await list(t, '-P', directory), [{ name: 'debian', state: 'RUNNING' }]);
    t.equal(await ok(t, 'attach', '-P', directory, '-n', 'debian', '--', 'hostname'), 'debian');
    await ok(t, 'stop', '-P', directory, '-n', 'debian');
    t.equal(readFileSync(join(directory, 'debian/config'), 'utf8'), before);
    t.strictSame(await list(t), [], 'not in the default directory');

    // The files that its templates include, as they do.
    const include = (...names: string[]) =>
      names.map((name) => `lxc.include = /usr/share/lxc/config/${name}\n`).join('');
    const config = join(directory, 'debian/config');
    const inside = (...command: string[]) => ok(t, 'attach', '-P', directory, '-n', 'debian', '--', ...command);
    writeFileSync(config, `${include('common.conf', 'nesting.conf')}${before}lxc.apparmor.profile = generated\n`);
    await ok(t, 'start', '-P', directory, '-n', 'debian');
    t.equal(await inside('ls', '/dev/.lxc'), 'proc\nsys');
    await ok(t, 'stop', '-k', '-P', directory, '-n', 'debian');
    const ids = 'lxc.idmap = u 0 100000 65536\nlxc.idmap = g 0 100000 65536\n';
    writeFileSync(config, `${include('common.conf', 'userns.conf')}${before}${ids}`);
    await execa('chown', ['-hR', '100000:100000', join(directory, 'debian/rootfs')]);
    await ok(t, 'start', '-P', directory, '-n', 'debian');
    t.match(await inside('cat', '/proc/self/uid_map'), /^ *0 +100000 +65536$/);
    await ok(t, 'stop', '-k', '-P', directory, '-n', 'debian');
    await ok(t, 'destroy', '-P', directory, '-n', 'debian');
  },
  noBusybox || (lxc.exitCode === 0 ? false : 'lxc is not installed'),
);
