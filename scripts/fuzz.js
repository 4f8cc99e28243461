// Runs each fuzzer for some seconds: `npm run dev:fuzz -- 60`. It begins with test/corpus and keeps what it learns in
// build/fuzz/corpus, what it finds in build/fuzz/findings.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { buildDirectory, cmake } from './setup/cmake.js';
import { inTree } from './setup/tree.js';
import { summary } from './tests/report.js';

const seconds = Number(process.argv[2] ?? 10);
cmake('fuzz');
const directory = buildDirectory('fuzz');

const tests = readdirSync(`${directory}/fuzzers`).map((name) => {
  const corpus = `${directory}/corpus/${name}`;
  const findings = `${directory}/findings/${name}`;
  for (const path of [corpus, findings]) mkdirSync(path, { recursive: true });
  const seeds = inTree('test/corpus', name);
  const { status, stderr } = spawnSync(
    `${directory}/fuzzers/${name}`,
    [
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
