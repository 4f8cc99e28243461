// Runs each fuzzer for some seconds: `npm run dev:fuzz -- 60`. It begins with test/corpus and keeps what it learns in
// build/fuzz/corpus, what it finds in build/fuzz/findings. Those of C++ are libFuzzer's, those of TypeScript take the same
// arguments (test/fuzz/engine.ts).
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { buildDirectory, cmake } from './setup/cmake.js';
import { typescriptFlags } from './setup/flags.js';
import { inTree } from './setup/tree.js';
import { summary } from './tests/report.js';

const seconds = Number(process.argv[2] ?? 10);
cmake('fuzz');
const directory = buildDirectory('fuzz');

const SUFFIX = '_fuzz.ts';
/** [name, command] of each. */
const fuzzers = [
  ...readdirSync(`${directory}/fuzzers`).map((name) => [name, [`${directory}/fuzzers/${name}`]]),
  ...readdirSync(inTree('test/fuzz'))
    .filter((file) => file.endsWith(SUFFIX))
    .map((file) => [file.slice(0, -3), [process.execPath, ...typescriptFlags(), inTree('test/fuzz', file)]]),
];

const tests = fuzzers.map(([name, [program, ...first]]) => {
  const corpus = `${directory}/corpus/${name}`;
  const findings = `${directory}/findings/${name}`;
  for (const path of [corpus, findings]) mkdirSync(path, { recursive: true });
  const seeds = inTree('test/corpus', name);
  const { status, stderr } = spawnSync(
    program,
    [
      ...first,
      `-max_total_time=${seconds}`,
      `-artifact_prefix=${findings}/`,
      '-print_final_stats=1',
      corpus,
      ...(existsSync(seeds) ? [seeds] : []),
    ],
    { encoding: 'utf8', maxBuffer: 2 ** 26, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const ok = status === 0;
  const runs = /number_of_executed_units: (\d+)/.exec(stderr)?.[1] ?? '?';
  console.log(ok ? `ok ${name}: ${runs} runs in ${seconds} s` : `not ok ${name}\n${stderr}`);
  return { name, outcome: ok ? 'passed' : 'failed', details: [] };
});
console.log(summary(tests));
if (tests.some((test) => test.outcome === 'failed')) process.exitCode = 1;
