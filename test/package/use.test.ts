/** The tarball installed into an empty project, and used as its users do. */
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { copy, installed, run, tree } from './project.ts';

const SHAPES = 'console.log(typeof createContainer, typeof probe, typeof raw.RawThread);\n';

/** `skipLibCheck` is off, so that our own declarations are checked as a strict user's compiler does it. */
const TSCONFIG = {
  compilerOptions: {
    module: 'nodenext',
    target: 'es2023',
    lib: ['es2023', 'esnext.disposable'],
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    types: ['node'],
    typeRoots: [join(tree, 'node_modules/@types')],
  },
};

const path = await installed({
  'esm.mjs': `import { createContainer, probe } from 'cofferdam';\nimport * as raw from 'cofferdam/native';\n${SHAPES}`,
  'cjs.cjs': `const { createContainer, probe } = require('cofferdam');\nconst raw = require('cofferdam/native');\n${SHAPES}`,
  'right.mts': `
    import { type Container, createContainer, type RunResult } from 'cofferdam';
    import { RawThread } from 'cofferdam/native';
    export async function first(): Promise<RunResult> {
      await using box: Container = await createContainer({ rootfs: '/srv/root', resources: { memory: 2 ** 20 } });
      return box.run(['true']);
    }
    export const thread = (): Promise<RawThread> => RawThread.open();\n`,
  'wrong.mts': `
    import { createContainer } from 'cofferdam';
    await createContainer({ rootfs: '/srv/root', hostnam: 'x' });\n`,
  'container.mjs': `
    import { createContainer } from 'cofferdam';
    const box = await createContainer({ rootfs: 'host' });
    const { stdout, exitCode } = await box.run(['sh', '-c', 'echo $$']);
    await box.remove();
    console.log(exitCode, stdout.trim());\n`,
  'missing.mjs': `
    import { createContainer } from 'cofferdam';
    console.log('imported');
    try {
      const box = await createContainer({ rootfs: 'host' });
      await box.run(['true']);
    } catch (error) {
      console.log(error.code, error.message);
    }\n`,
  'right.json': JSON.stringify({ ...TSCONFIG, files: ['right.mts'] }),
  'wrong.json': JSON.stringify({ ...TSCONFIG, files: ['wrong.mts'] }),
});

t.test('from an ES module', async (t) => {
  const { exitCode, all } = await run(path, process.execPath, 'esm.mjs');
  t.equal(all, 'function function function');
  t.equal(exitCode, 0);
});

t.test('from CommonJS', async (t) => {
  const { exitCode, stdout } = await run(path, process.execPath, 'cjs.cjs');
  t.equal(stdout, 'function function function');
  t.equal(exitCode, 0);
});

t.test('from TypeScript', async (t) => {
  const tsc = (config: string) =>
    run(path, process.execPath, join(tree, 'node_modules/typescript/bin/tsc'), '-p', config);
  const right = await tsc('right.json');
  t.equal(right.exitCode, 0, right.all);
  const wrong = await tsc('wrong.json');
  t.match(wrong.all, /wrong\.mts[\s\S]*'hostnam' does not exist[\s\S]*'hostname'/);
});

t.test('a container runs', { skip: process.geteuid?.() !== 0 && 'containers need root' }, async (t) => {
  const { exitCode, all } = await run(path, process.execPath, 'container.mjs');
  t.equal(all, '0 1');
  t.equal(exitCode, 0);
});

t.test('the command is installed', async (t) => {
  const { exitCode, stdout } = await run(path, join(path, 'node_modules/.bin/cofferdam'), '--version');
  t.match(stdout, /0\.1\.0/);
  t.equal(exitCode, 0);
});

t.test('without a binary: importing works, first use names the build command, which works', async (t) => {
  const bare = copy(path);
  const home = join(bare, 'node_modules/cofferdam');
  rmSync(join(home, 'prebuilds'), { recursive: true });
  const missing = await run(bare, process.execPath, 'missing.mjs');
  t.match(missing.all, /^imported\nERR_NATIVE_MISSING .*node-gyp rebuild/);

  const build = await run(home, join(tree, 'node_modules/.bin/node-gyp'), 'rebuild', ...headers());
  t.equal(build.exitCode, 0, build.all);
  const built = await run(home, process.execPath, '-p', "typeof require('node-gyp-build')(process.cwd()).launch");
  t.equal(built.all, 'function');
});

/** Node's own headers where they lie beside it: nothing is fetched then. */
function headers(): string[] {
  const prefix = join(process.execPath, '../..');
  return existsSync(join(prefix, 'include/node/node_api.h')) ? [`--nodedir=${prefix}`] : [];
}
