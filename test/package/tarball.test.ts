/** What is in the tarball, and what the checkers of packages say about it. */
import { join } from 'node:path';
import t from 'tap';
import { pack, run, tree } from './project.ts';

const bin = (name: string) => join(tree, 'node_modules/.bin', name);

t.test('the tarball holds the library, its sources and its binaries, and nothing of ours', async (t) => {
  const { stdout } = await run(tree, 'tar', '-tzf', await pack());
  const files = stdout.split('\n').map((path) => path.replace(/^package\//, ''));
  for (const needed of [
    'package.json',
    'LICENSE',
    'README.md',
    'CHANGELOG.md',
    'dist/index.js',
    'dist/index.d.ts',
    'dist/raw.js',
    'dist/raw.d.ts',
    'binding.gyp',
    'native/sources.txt',
    'native/addon/addon.cpp',
    'scripts/sources.cjs',
    'scripts/embed.cjs',
    `prebuilds/linux-${process.arch}/cofferdam-launcher`,
  ])
    t.ok(files.includes(needed), needed);
  const ours = /^(\.|test|node_modules|build|lib|rootfs|examples|docs)(\/|$)|\.test\.|\.complete$/;
  const strays = files.filter((path) => ours.test(path));
  t.strictSame(strays, [], 'nothing else');
});

t.test('publint finds nothing', async (t) => {
  const { exitCode, all } = await run(tree, bin('publint'), '--strict', await pack());
  t.equal(exitCode, 0, all);
});

t.test('the types resolve as the code does (attw)', async (t) => {
  const { exitCode, all } = await run(tree, bin('attw'), '--profile', 'esm-only', '--no-emoji', await pack());
  t.equal(exitCode, 0, all);
});
