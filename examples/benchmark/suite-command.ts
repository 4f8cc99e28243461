/** `npm run bench -- SUITE`: from the options to the files. */
import { join } from 'node:path';
import type { Options, Work } from '../shared/command-line.ts';
import { Interrupted, interruptible } from '../shared/interrupt.ts';
import { TOP } from '../shared/package.ts';
import { requireRoot } from '../shared/privileges.ts';
import { Output } from './output.ts';
import { installPackages } from './packages.ts';
import { Progress } from './progress.ts';
import { evaluate } from './report/evaluate.ts';
import { htmlReport } from './report/html.ts';
import { markdownReport } from './report/markdown.ts';
import { reportOf } from './report/report.ts';
import { summaryText } from './report/summary.ts';
import { duration } from './report/text.ts';
import { findPrograms, packagesFor, require } from './requirements.ts';
import { type Result, resultText } from './result.ts';
import { runSuite } from './run.ts';
import type { Choice, Suite } from './suite.ts';

/** 2026-01-31T12-30-59, in UTC. */
const stamp = (): string => new Date().toISOString().slice(0, 19).replaceAll(':', '-');

/** For what is dear to make and may be kept. */
export const cacheDirectory = (env: NodeJS.ProcessEnv = process.env): string =>
  join(env.COFFERDAM_CACHE || join(TOP, 'rootfs'), 'bench');

interface Given extends Choice {
  readonly install: boolean;
  readonly json: boolean;
  readonly out: string | undefined;
}

/** All three files. */
async function write(output: Output, suite: Suite, result: Result): Promise<void> {
  const report = await reportOf(suite, result, evaluate(result, suite.comparisons));
  output.write(`${suite.name}.json`, resultText(result));
  output.write('report.md', markdownReport(report));
  output.write('report.html', htmlReport(report));
}

async function measure(suite: Suite, given: Given, notice: (text: string) => void): Promise<number> {
  const cache = cacheDirectory();
  let programs = findPrograms(suite);
  if (given.install) {
    await installPackages(packagesFor(programs), notice);
    programs = findPrograms(suite);
  }
  require(suite, given, programs, cache);
  for (const { name, reason } of programs.absent) notice(`without ${name}: ${reason}`);
  const once = suite.once ? ` (the first time also ${suite.once})` : '';
  notice(`about ${duration(suite.seconds(given))}${once}; Ctrl-C ends it and leaves nothing behind`);

  const output = new Output(given.out ?? join('results', `${suite.name}-${stamp()}`));
  const progress = new Progress(process.stderr);
  const interrupt = interruptible();
  try {
    const result = await runSuite(suite, {
      choice: { quick: given.quick, runs: given.runs },
      seed: Date.now() % 2 ** 31,
      programs,
      cache,
      signal: interrupt.signal,
      progress: (part, done, all) => progress.show(part, done, all),
    });
    progress.clear();
    if (result.series.length === 0) throw Object.assign(new Error('nothing was measured'), { code: 'ERR_NOTHING' });
    await write(output, suite, result);
    process.stdout.write(given.json ? resultText(result) : summaryText(result, evaluate(result, suite.comparisons)));
    notice(`every sample and the report are in ${output.directory}`);
    return 0;
  } catch (error) {
    progress.clear();
    output.discard();
    // What was interrupted may end with an error of its own.
    const reason = interrupt.signal.aborted ? interrupt.signal.reason : error;
    if (!(reason instanceof Interrupted)) throw error;
    notice(reason.message);
    return reason.status;
  } finally {
    interrupt.stop();
  }
}

export const suiteWork =
  (suite: Suite): Work<Options> =>
  ({ values, notice }) => {
    requireRoot(`bench -- ${suite.name}`);
    return measure(suite, values as unknown as Given, notice);
  };
