/** rootfs-scripts: whole or not at all, once or at once, and never over somebody else's files. */
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';
import { top } from '../support/command.ts';
import { noBusybox, temporary } from '../support/rootfs.ts';

const script = (name: string) => new URL(`rootfs-scripts/${name}`, top).pathname;
const busybox = (args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
  execa(script('busybox.sh'), args, { reject: false, env, timeout: 60_000 });
const debian = (args: readonly string[]) => execa(script('debian.sh'), args, { reject: false, timeout: 60_000 });

/** A compiler that does not work. */
function brokenCompiler(): string {
  const path = join(temporary(), 'cc');
  writeFileSync(path, '#!/bin/sh\nexit 1\n');
  chmodSync(path, 0o755);
  return path;
}

t.test('busybox.sh', { skip: noBusybox }, async (t) => {
  t.test('makes a root, and is quick to see that it is there', async (t) => {
    const parent = temporary();
    const root = join(parent, 'deep/root');
    t.match(await busybox([root]), { exitCode: 0, stdout: '', stderr: /is ready/ });
    for (const path of [
      'bin/sh',
      'etc/passwd',
      'etc/group',
      'etc/hosts',
      'home/loop',
      'home/mem',
      'root',
      'tmp',
      'proc',
      'sys',
      'dev',
    ])
      t.ok(existsSync(join(root, path)), path);
    t.equal(statSync(join(root, 'tmp')).mode & 0o7777, 0o1777);
    writeFileSync(join(root, 'home/mine'), '');
    t.match(await busybox([root]), { exitCode: 0, stderr: /is up to date/ });
    t.ok(existsSync(join(root, 'home/mine')), 'what was changed stays');
    t.strictSame(readdirSync(join(parent, 'deep')), ['root'], 'nothing beside it');
  });

  t.test('keeps a root of other inputs beside the new one', async (t) => {
    const root = join(temporary(), 'root');
    await busybox([root]);
    writeFileSync(join(root, '.cofferdam-rootfs'), `${'0'.repeat(64)}\n`);
    writeFileSync(join(root, 'home/mine'), '');
    t.match(await busybox([root]), { exitCode: 0, stderr: /made from other inputs/ });
    t.notOk(existsSync(join(root, 'home/mine')));
    t.ok(existsSync(`${root}.previous/home/mine`));
  });

  t.test('leaves nothing half-made', async (t) => {
    const parent = temporary();
    t.match(await busybox([join(parent, 'root')], { CC: brokenCompiler() }), { exitCode: 1, stderr: /cannot compile/ });
    t.strictSame(readdirSync(parent), []);
    const killed = busybox([join(parent, 'root')], { CC: `${script('slow')}` });
    t.match(await killed, { exitCode: 1, stderr: /missing|cannot compile/ });
    t.strictSame(readdirSync(parent), []);
  });

  t.test('clears up after a run that was killed', async (t) => {
    const parent = temporary();
    mkdirSync(join(parent, 'root.tmp.99999999'));
    mkdirSync(join(parent, 'root.tmp.mine'));
    await busybox([join(parent, 'root')]);
    t.strictSame(readdirSync(parent).sort(), ['root', 'root.tmp.mine']);
  });

  t.test('two at once make one', async (t) => {
    const parent = temporary();
    const both = await Promise.all([busybox([join(parent, 'root')]), busybox([join(parent, 'root')])]);
    t.strictSame(
      both.map(({ exitCode }) => exitCode),
      [0, 0],
    );
    t.equal(both.filter(({ stderr }) => /is ready/.test(stderr)).length, 1);
    t.strictSame(readdirSync(parent), ['root']);
  });

  t.test('refuses what is not its own', async (t) => {
    const parent = temporary();
    writeFileSync(join(parent, 'file'), 'x');
    t.match(await busybox([parent]), { exitCode: 1, stderr: /was not made by this script/ });
    t.match(await busybox([join(parent, 'file')]), { exitCode: 1, stderr: /not a directory/ });
    t.equal(readFileSync(join(parent, 'file'), 'utf8'), 'x');
    t.match(await busybox(['/']), { exitCode: 2 });
  });
});

t.test('usage', async (t) => {
  for (const run of [busybox, debian]) {
    t.match(await run(['--help']), { exitCode: 0, stdout: /^Usage: [\s\S]*Example:/, stderr: '' });
    t.match(await run([]), { exitCode: 2, stdout: '', stderr: /DIR is missing/ });
    t.match(await run(['--nonsense', 'x']), { exitCode: 2, stderr: /unknown option --nonsense/ });
    t.match(await run(['a', 'b']), { exitCode: 2, stderr: /one DIR only/ });
  }
  t.match(await debian(['x', '--with', '--hook=evil']), { exitCode: 2, stderr: /takes package names/ });
});

t.test(
  'shellcheck finds nothing',
  {
    skip: (await execa('shellcheck', ['--version'], { reject: false })).failed ? 'shellcheck is not installed' : false,
  },
  async (t) => {
    const files = readdirSync(new URL('rootfs-scripts/', top))
      .filter((name) => name.endsWith('.sh'))
      .map(script);
    t.match(await execa('shellcheck', ['-x', ...files], { reject: false }), { exitCode: 0, stdout: '' });
  },
);
