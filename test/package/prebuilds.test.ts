/** Each binary that the package carries is loaded where it can run. `npm run prebuild` makes them. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { foreignNode } from './foreign-node.ts';
import { run, tree } from './project.ts';

const LOAD = 'const addon = require(process.argv[1]); console.log(typeof addon.launch, typeof addon.probe)';
/** The oldest C library that we promise: Debian 12's and Ubuntu 22.04's is newer. */
const GLIBC = [2, 35];

const directory = join(tree, 'prebuilds');
const names = existsSync(directory) ? readdirSync(directory, { recursive: true }).map(String).sort() : [];

/** Versions of glibc's symbols that a binary asks for, the newest last. */
async function glibcVersions(path: string): Promise<number[][]> {
  const { stdout } = await run(tree, 'readelf', '--version-info', '--wide', path);
  const versions = [...stdout.matchAll(/Name: GLIBC_(\d+)\.(\d+)/g)].map((match) => [
    Number(match[1]),
    Number(match[2]),
  ]);
  return versions.sort(([a = 0, b = 0], [c = 0, d = 0]) => a - c || b - d);
}

for (const arch of ['x64', 'arm64']) {
  const glibc = `linux-${arch}/cofferdam.glibc.node`;
  t.test(glibc, { skip: !names.includes(glibc) && 'not built: npm run prebuild' }, async (t) => {
    const [newest = []] = (await glibcVersions(join(directory, glibc))).reverse();
    t.ok(
      (newest[0] as number) <= (GLIBC[0] as number) && (newest[1] as number) <= (GLIBC[1] as number),
      `needs glibc ${newest.join('.')}`,
    );
    const node = await foreignNode(arch);
    if (typeof node === 'string') return void t.skip(node);
    const { all, exitCode } = await run(tree, node[0] as string, ...node.slice(1), '-e', LOAD, join(directory, glibc));
    t.equal(all, 'function function');
    t.equal(exitCode, 0);
  });

  const musl = `linux-${arch}/cofferdam.musl.node`;
  t.test(musl, { skip: !names.includes(musl) && 'not built: npm run prebuild' }, async (t) => {
    const { stdout } = await run(tree, 'readelf', '--dynamic', '--wide', join(directory, musl));
    const needed = [...stdout.matchAll(/\(NEEDED\).*\[(.+)\]/g)].map((match) => match[1]);
    t.strictSame(needed, ['libc.so'], 'needs no library but musl');
    t.skip('no Node for musl is to be had from the registry: not loaded');
  });
}
