/** minidocker, the checks and the container by hand, as programs. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa, execaSync } from 'execa';
import t from 'tap';
import { audited } from '../support/audit.ts';
import { example, top } from '../support/command.ts';
import { noBusybox, temporary } from '../support/rootfs.ts';

const root = join(temporary('minidocker'), 'busybox');
const script = new URL('rootfs-scripts/busybox.sh', top).pathname;
const built = noBusybox ? undefined : execaSync(script, [root], { reject: false });
const reason = noBusybox || (built?.exitCode === 0 ? false : `busybox.sh: ${built?.stderr}`);

const minidocker = (...args: string[]) => example('examples/minidocker.ts', ['--rootfs', root, ...args]);
const inside = (script: string, ...options: string[]) => minidocker(...options, '--', 'sh', '-c', script);

audited(
  "the lab's values are the defaults",
  async (t) => {
    const { stdout, exitCode } = await inside('hostname; echo $$; nproc; pwd; env | sort; ip -o -4 addr show eth1');
    const [name, pid, cpus, directory, ...rest] = stdout.split('\n');
    t.strictSame([exitCode, name, pid, cpus, directory], [0, 'administrator', '1', '1', '/']);
    t.ok(
      rest.includes('HOME=/root') &&
        rest.some((line) => line.startsWith('PATH=/usr/local/sbin:')) &&
        rest.some((line) => line.startsWith('TERM=')),
    );
    t.match(rest.at(-1), /eth1 +inet 10\.0\.0\.1\/24/);
  },
  reason,
);

audited(
  'options reach the container',
  async (t) => {
    const { stdout } = await inside(
      'hostname; ip -o -4 addr show lan0',
      '--hostname',
      'other',
      '--interface',
      'lan0',
      '--ip',
      '192.168.7.2/30',
      '--memory',
      '64M',
    );
    t.match(stdout, /^other\n.*lan0 +inet 192\.168\.7\.2\/30/);
  },
  reason,
);

audited(
  'exit statuses are a shell’s',
  async (t) => {
    t.match(await inside('exit 7'), { exitCode: 7, stderr: '' });
    t.match(await minidocker('--', 'nowhere'), { exitCode: 127, stderr: /nowhere/ });
    t.match(await minidocker('--', '/etc/passwd'), { exitCode: 126, stderr: /passwd/ });
    t.match(await minidocker('--', '/home/mem'), { exitCode: 137, stderr: /the limit is 10M/ });
    t.match(await minidocker('--memory', '8K', '--', 'true'), {
      exitCode: 125,
      stderr: /--memory: 8K is too little to start in/,
    });
  },
  reason,
);

audited(
  'mem --file lives on under its limit',
  async (t) => {
    const { stdout, stderr } = await inside(
      '/home/mem --file /home/data 32 >/dev/null & sleep 3; kill $! && echo alive; rm /home/data',
    );
    t.match(stdout, 'alive');
    t.notMatch(stderr, 'killed for memory');
  },
  reason,
);

audited(
  'changes stay, or go with --ephemeral',
  async (t) => {
    await inside('touch /home/stays');
    await inside('touch /home/goes', '--ephemeral');
    t.ok(existsSync(join(root, 'home/stays')));
    t.notOk(existsSync(join(root, 'home/goes')));
    const name = `cofferdam-${process.pid}`;
    t.match(
      await example('examples/minidocker.ts', [
        '--rootfs',
        'host',
        '--memory',
        '64M',
        '--',
        'sh',
        '-c',
        `touch /${name}; ls /${name}`,
      ]),
      { stdout: `/${name}`, exitCode: 0 },
    );
    t.notOk(existsSync(`/${name}`));
  },
  reason,
);

audited(
  'what cannot be is refused with a remedy, before anything is touched',
  async (t) => {
    const tarball = join(temporary(), 'image.tar.gz');
    writeFileSync(tarball, '');
    const empty = temporary();
    const table: readonly (readonly [string[], RegExp])[] = [
      [['10M'], /npm's? .*'--'|npm keeps/],
      [['--memory', '10X'], /10M/],
      [['--cpus', '0'], /1 or more/],
      [['--cpus', '4097'], /4097 asked for, this machine gives \d+/],
      [['--ip', '10.0.0.300'], /10\.0\.0\.1\/24/],
      [['--hostname', 'a'.repeat(65)], /at most 64/],
      [['--interface', 'a'.repeat(16)], /at most 15/],
      [['--rootfs', tarball], /tar -C/],
      [['--rootfs', '/nowhere'], /busybox\.sh/],
      [['--rootfs', empty], /neither \/bin\/bash nor \/bin\/sh/],
      [['--json'], /--explain/],
      [['--cpuset', '0,4000'], /--cpuset: names CPU 4000, this machine has 0-\d+, got "0,4000"/],
      [['--pids', '99999999'], /--pids: must be at least 1 and at most 4194304/],
    ];
    for (const [args, message] of table)
      t.match(
        await example('examples/minidocker.ts', args),
        { exitCode: 2, stdout: '', stderr: message },
        args.join(' ').slice(0, 40),
      );
  },
  reason,
);

audited(
  '--explain and --trace',
  async (t) => {
    const { stdout } = await minidocker('--explain', '--', 'ls');
    t.match(stdout, /^create cgroup[\s\S]*pivot_root to \/\n[\s\S]*exec 'ls'$/);
    t.match(JSON.parse((await minidocker('--explain', '--json')).stdout).at(-1), { operation: 'exec' });
    t.match(await minidocker('--trace', '--', 'true'), {
      exitCode: 0,
      stdout: '',
      stderr: /took µs[\s\S]*unshare[\s\S]*in all/,
    });
  },
  reason,
);

t.test(
  '--explain needs no root',
  { skip: process.geteuid?.() === 0 ? false : 'is what every other test then shows' },
  async (t) => {
    const program =
      "process.setgid(65534); process.setuid(65534); process.argv.splice(1, 0, 'x'); await import('./examples/minidocker.ts')";
    const { stdout, stderr, exitCode } = await execa(
      process.execPath,
      ['--import', 'tsx', '--input-type=module', '-e', program, '--', '--rootfs', 'host', '--explain'],
      { cwd: top, reject: false },
    );
    t.match({ exitCode, stdout }, { exitCode: 0, stdout: /exec '\/bin\/bash'/ }, stderr);
  },
);

/** A program below script(1), which gives it a terminal; `keys` are typed one after the other. */
async function typed(args: string, keys: readonly (readonly [delay: number, text: string])[]) {
  const command = `stty rows 33 cols 99; ${process.execPath} --import tsx examples/minidocker.ts --rootfs ${root} ${args}; echo "status $?"; stty -a`;
  const child = execa('script', ['-qec', command, '/dev/null'], {
    cwd: top,
    reject: false,
    timeout: 60_000,
    env: { TERM: 'xterm' },
  });
  const seen: string[] = [];
  child.stdout.on('data', (chunk) => seen.push(String(chunk)));
  const until = async (text: string) => {
    for (const end = Date.now() + 20_000; !seen.join('').includes(text) && Date.now() < end; )
      await new Promise((resolve) => setTimeout(resolve, 20));
  };
  await until(args.includes('--') ? 'begun' : '# ');
  for (const [delay, text] of keys) {
    child.stdin.write(text);
    await new Promise((resolve) => setTimeout(resolve, delay));
  }
  await child;
  return seen.join('');
}

audited(
  'a terminal: size, Ctrl-C, job control, and the user’s own as it was',
  async (t) => {
    const screen = await typed('', [
      [300, 'stty size; tty; echo pid $$\r'],
      [300, 'sleep 50\r'],
      [300, '\x03'],
      [300, 'sleep 50\r'],
      [300, '\x1a'],
      [300, 'jobs; fg\r'],
      [300, '\x03'],
      [300, 'exit 5\r'],
    ]);
    for (const part of [
      /33 99\r/,
      /\/dev\/pts\/0\r/,
      /pid 1\r/,
      /Stopped +sleep 50/,
      /status 5\r/,
      /[^-]icanon/,
      /[^-]opost/,
      /[^-]echo /,
    ])
      t.match(screen, part);
  },
  reason,
);

audited(
  'Ctrl-C ends a first process that does not handle it',
  async (t) => {
    t.match(
      await typed("-- sh -c 'echo begun; exec sleep 50'", [
        [500, ''],
        [1000, '\x03'],
      ]),
      /status 130\r/,
    );
  },
  reason,
);

audited(
  'SIGTERM is handed on, or ends what cannot take it',
  async (t) => {
    const start = (script: string) => {
      const child = execa(
        process.execPath,
        ['--import', 'tsx', 'examples/minidocker.ts', '--rootfs', root, '--', 'sh', '-c', script],
        { cwd: top, reject: false, stdin: 'ignore', timeout: 60_000 },
      );
      child.stdout.once('data', () => child.kill('SIGTERM'));
      return child;
    };
    t.match(await start('trap "exit 9" TERM; echo begun; while :; do sleep 0.1; done'), { exitCode: 9 });
    t.match(await start('echo begun; exec sleep 50'), { exitCode: 143 });
  },
  reason,
);

audited(
  'the container by hand is the same one',
  async (t) => {
    const ran = await example('examples/labs/by-hand.ts', [
      '--rootfs',
      root,
      '--',
      'sh',
      '-c',
      'hostname; echo $$; nproc; ip -o -4 addr show eth1; ls /proc | grep -c "^[0-9]"; exit 6',
    ]);
    const [name, pid, cpus, address, processes] = ran.stdout.split('\n');
    t.strictSame([ran.exitCode, name, pid, cpus], [6, 'administrator', '1', '1'], ran.stderr);
    t.match(address, /10\.0\.0\.1\/24/);
    t.ok(Number(processes) <= 3, 'only its own processes');
    t.match(await example('examples/labs/by-hand.ts', ['--rootfs', root, '--', '/home/mem']), { exitCode: 137 });
    t.match(await example('examples/labs/by-hand.ts', ['--rootfs', root, '--', 'nowhere']), { exitCode: 127 });
  },
  reason,
);
