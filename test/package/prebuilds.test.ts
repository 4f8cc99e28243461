/**
 * Each binary that the package carries is loaded where it can run; `npm run prebuild` makes them. The registry has no Node
 * for musl: of those binaries only the needs are checked.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { foreignNode } from './foreign-node.ts';
import { run, tree } from './project.ts';

const LOAD = 'const addon = require(process.argv[1]); console.log(typeof addon.launch, typeof addon.probe)';
/** The oldest that we load with: Debian 11's and Ubuntu 20.04's, which Node 20 runs on. */
const OLDEST = { GLIBC: [2, 31], GLIBCXX: [3, 4, 28] } as const;

const directory = join(tree, 'prebuilds');
const names = existsSync(directory) ? readdirSync(directory, { recursive: true }).map(String).sort() : [];

const compare = (a: readonly number[], b: readonly number[]): number =>
  a.map((part, i) => part - (b[i] ?? 0)).find((difference) => difference !== 0) ?? 0;

/** The newest symbol version of a library that a binary asks for. */
async function newest(path: string, library: string): Promise<number[]> {
  const { stdout } = await run(tree, 'readelf', '--version-info', '--wide', path);
  const names = [...stdout.matchAll(new RegExp(`Name: ${library}_([\\d.]+)`, 'g'))];
  return (
    names
      .map((match) => (match[1] as string).split('.').map(Number))
      .sort(compare)
      .at(-1) ?? []
  );
}

async function symbols(which: string, path: string): Promise<string[]> {
  const { stdout } = await run(tree, 'nm', '--dynamic', '--format=just-symbols', which, path);
  return stdout.split('\n');
}

for (const arch of ['x64', 'arm64']) {
  const glibc = `linux-${arch}/cofferdam.glibc.node`;
  t.test(glibc, { skip: !names.includes(glibc) && 'not built: npm run prebuild' }, async (t) => {
    for (const [library, oldest] of Object.entries(OLDEST)) {
      const version = await newest(join(directory, glibc), library);
      t.ok(compare(version, oldest) <= 0, `needs ${library} ${version.join('.')}`);
    }
    const node = await foreignNode(arch);
    if (typeof node === 'string') return void t.pass(node, { skip: node });
    const { all, exitCode } = await run(tree, node[0] as string, ...node.slice(1), '-e', LOAD, join(directory, glibc));
    t.equal(all, 'function function');
    t.equal(exitCode, 0);
  });

  const musl = `linux-${arch}/cofferdam.musl.node`;
  t.test(musl, { skip: !names.includes(musl) && 'not built: npm run prebuild' }, async (t) => {
    const { stdout } = await run(tree, 'readelf', '--dynamic', '--wide', join(directory, musl));
    const needed = [...stdout.matchAll(/\(NEEDED\).*\[(.+)\]/g)].map((match) => match[1]);
    t.strictSame(needed, ['libc.so'], 'needs no library but musl');
    const libc = '/usr/lib/x86_64-linux-musl/libc.so';
    if (arch !== 'x64' || !existsSync(libc))
      return void t.pass(libc, { skip: 'there is no musl to compare its symbols with' });
    const offered = new Set(await symbols('--defined-only', libc));
    const wanted = await symbols('--undefined-only', join(directory, musl));
    const missing = wanted.filter((name) => !/^(napi|node_api)_/.test(name) && !offered.has(name));
    t.strictSame(missing, [], 'asks musl and Node-API for nothing that they do not have');
  });
}
