#!/usr/bin/env -S npx tsx
/** The benchmark harness: see `--help`, or no arguments for the list of suites. */
import { dispatch, main, type Options, type Work } from '../shared/command-line.ts';
import { VERSION } from '../shared/package.ts';
import { compareFiles } from './compare/command.ts';
import { benchCommand } from './options.ts';
import { suiteList } from './report/list.ts';
import { suiteWork } from './suite-command.ts';
import { SUITES } from './suites/index.ts';

const [first, ...others] = process.argv.slice(2);
const works: Record<string, Work<Options>> = {
  ...Object.fromEntries(SUITES.map((suite) => [suite.name, suiteWork(suite)])),
  compare: compareFiles as Work<Options>,
};

async function listSuites(): Promise<number> {
  process.stdout.write(suiteList(SUITES));
  return 0;
}

await main(first === undefined ? listSuites() : dispatch(benchCommand(SUITES), VERSION, [first, ...others], works));
