// The native test programs under valgrind's memcheck, which sees what is read before it was written: `npm run dev:valgrind`.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { buildDirectory, cmake } from './setup/cmake.js';
import { summary } from './tests/report.js';

cmake('valgrind');
const directory = `${buildDirectory('valgrind')}/tests`;
const OPTIONS = ['--quiet', '--error-exitcode=99', '--leak-check=full', '--child-silent-after-fork=yes'];

const tests = readdirSync(directory).map((name) => {
  const { status, stdout, stderr, error } = spawnSync('valgrind', [...OPTIONS, `${directory}/${name}`], {
    encoding: 'utf8',
  });
  const ok = status === 0;
  console.log(ok ? `ok ${name}` : `not ok ${name}\n${stdout ?? ''}${stderr ?? ''}${error?.message ?? ''}`);
  return { name, outcome: ok ? 'passed' : 'failed', details: [] };
});
console.log(summary(tests));
if (tests.some((test) => test.outcome === 'failed')) process.exitCode = 1;
