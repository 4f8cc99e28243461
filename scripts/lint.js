// Every lint, each counted as one test: `npm run lint`, or `npm run lint -- biome clang-tidy`.
import { spawnSync } from 'node:child_process';
import { cpus } from 'node:os';
import { buildDirectory, cmake } from './setup/cmake.js';
import { typescriptFlags } from './setup/flags.js';
import { say } from './setup/say.js';
import { cppFiles, shellFiles } from './setup/sources.js';
import { inTree, tree } from './setup/tree.js';
import { summary } from './tests/report.js';

const installed = (name, ...args) => [inTree('node_modules/.bin', name), ...args];

/** Each lint's command; `before` makes what it reads. */
const LINTS = {
  biome: { command: installed('biome', 'check', '--error-on-warnings') },
  tsc: { command: installed('tsc', '--noEmit', '-p', 'tsconfig.json') },
  contract: { command: [process.execPath, 'scripts/generate-contract.js', '--check'] },
  pages: { command: [process.execPath, ...typescriptFlags(), 'scripts/generate-docs.ts', '--check'] },
  'clang-format': { command: ['clang-format', '--dry-run', '--Werror', ...cppFiles()] },
  'clang-tidy': {
    before: () => cmake('commands'),
    command: ['run-clang-tidy', `-j${cpus().length}`, '-quiet', '-p', buildDirectory('commands'), `^${tree}/native/`],
  },
  // A script finds what it sources beside itself, wherever it is run from.
  shellcheck: { command: ['shellcheck', '--external-sources', '--source-path=SCRIPTDIR', ...shellFiles()] },
};

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !Object.hasOwn(LINTS, name));
if (unknown.length > 0) {
  say(`no such lint: ${unknown.join(', ')}; there are ${Object.keys(LINTS).join(', ')}`);
  process.exit(2);
}

/** Run one lint. Its output is shown when it has something to say. */
function run(name) {
  const { before, command } = LINTS[name];
  before?.();
  const [file, ...args] = command;
  const began = Date.now();
  const result = spawnSync(file, args, {
    cwd: tree,
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ok = result.status === 0;
  console.log(`${ok ? 'ok' : 'not ok'} ${name} (${Date.now() - began} ms)`);
  if (!ok) console.log(`${result.stdout ?? ''}${result.stderr ?? ''}${result.error?.message ?? ''}`);
  return { name, outcome: ok ? 'passed' : 'failed', details: [] };
}

const tests = (asked.length > 0 ? asked : Object.keys(LINTS)).map(run);
console.log(summary(tests));
if (tests.some((test) => test.outcome === 'failed')) process.exitCode = 1;
