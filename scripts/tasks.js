// Every npm script: what must be there first, and the program that it then becomes.
import { isatty } from 'node:tty';
import { buildDocs } from './docs.js';
import { format } from './format.js';
import { cmake } from './setup/cmake.js';
import { typescriptFlags } from './setup/flags.js';
import { prepare } from './setup/prepare.js';
import { inTree, tree } from './setup/tree.js';

const BUILT = ['dependencies', 'native', 'typescript'];

/** A TypeScript program of the tree, as `node` runs it. */
const typescript = (path) => (args) => [...typescriptFlags(), inTree(path), ...args];
/** A script of this directory. */
const script =
  (path, ...first) =>
  (args) => [inTree('scripts', path), ...first, ...args];

const interactive = () => isatty(0) && isatty(1);
const minidocker = typescript('examples/minidocker.ts');
const checks = typescript('examples/checks.ts');
/** QEMU is a big package: only for who asks for a guest. */
const echoPackages = (args) => ['native', 'labs', ...(args.includes('--guest') ? ['labs:guest'] : [])];

/**
 * packages: purposes of setup/packages.js, or which they are with these arguments. needs: what is built first. root: stops there for a plain user.
 * act: work done in this process. program: the arguments of `node` for the program that follows.
 */
export const tasks = {
  start: {
    packages: ['native', 'rootfs'],
    needs: BUILT,
    root: true,
    program: (args) => (interactive() || args.length > 0 ? minidocker(args) : checks(args)),
  },
  minidocker: { needs: BUILT, program: minidocker },
  network: { packages: ['network'], needs: BUILT, program: typescript('examples/network.ts') },
  'lab:by-hand': { needs: BUILT, program: typescript('examples/labs/by-hand.ts') },
  cloner: { packages: ['cloner'], needs: BUILT, program: typescript('examples/cloner.ts') },
  'lab:clock': { packages: ['native', 'labs'], needs: BUILT, program: typescript('examples/labs/clock.ts') },
  'lab:echo': { packages: echoPackages, needs: BUILT, program: typescript('examples/labs/echo.ts') },
  'lab:overlay': { packages: ['native', 'labs'], needs: BUILT, program: typescript('examples/labs/overlay.ts') },
  top: { needs: BUILT, program: typescript('examples/top.ts') },
  autoscaler: { packages: ['autoscaler'], needs: BUILT, program: typescript('examples/autoscaler.ts') },
  bench: { needs: BUILT, program: typescript('examples/benchmark/main.ts') },
  'bench:stats': { needs: BUILT, program: typescript('examples/benchmark/stats.ts') },
  'bench:attach': { packages: ['network'], needs: BUILT, program: typescript('examples/benchmark/attach.ts') },
  test: { packages: ['native', 'test'], needs: BUILT, program: script('test.js') },
  'test:unit': { needs: ['dependencies', 'typescript'], program: script('test.js', 'unit') },
  'test:integration': { packages: ['native', 'test'], needs: BUILT, program: script('test.js', 'integration') },
  'test:guest': { packages: ['native', 'test', 'guest'], needs: BUILT, program: script('test.js', '--guest') },
  'test:package': { packages: ['native'], needs: BUILT, program: script('test.js', 'package') },
  'test:types': {
    needs: ['dependencies', 'typescript'],
    program: () => [inTree('node_modules/tsd/dist/cli.js'), tree],
  },
  'test:asan': {
    packages: ['native', 'developer', 'test'],
    needs: BUILT,
    act: () => cmake('asan'),
    program: script('test.js', '--sanitize'),
  },
  compile: { needs: BUILT },
  'build:ts': { needs: ['dependencies', 'typescript'] },
  'build:native': { needs: ['dependencies', 'native'] },
  prebuild: { packages: ['native', 'arm64'], needs: ['dependencies'], program: script('prebuild.js') },
  prepare: { needs: [], act: prepare },
  'dev:commands': { packages: ['developer'], needs: ['dependencies'], act: () => cmake('commands') },
  'dev:asan': { packages: ['developer'], needs: ['dependencies'], act: () => cmake('asan') },
  'dev:valgrind': { packages: ['developer', 'valgrind'], needs: ['dependencies'], program: script('valgrind.js') },
  'dev:fuzz': { packages: ['developer', 'fuzz'], needs: ['dependencies'], program: script('fuzz.js') },
  lint: { packages: ['lint', 'developer'], needs: BUILT, program: script('lint.js') },
  format: { packages: ['lint'], needs: ['dependencies'], act: format },
  docs: { needs: ['dependencies'], act: buildDocs },
};
