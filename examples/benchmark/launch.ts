#!/usr/bin/env -S npx tsx
/** How quick containers start: see `--help`. */
import { join } from 'node:path';
import { main, run } from '../shared/command-line.ts';
import { VERSION } from '../shared/package.ts';
import { requireRoot } from '../shared/privileges.ts';
import { Interrupted, interruptible } from './interrupt.ts';
import { LAUNCH } from './options.ts';
import { Output } from './output.ts';
import { Progress } from './progress.ts';
import { evaluate } from './report/evaluate.ts';
import { markdownReport } from './report/markdown.ts';
import { summaryText } from './report/summary.ts';
import { ensureBusyboxRoot } from './rootfs.ts';
import { COMPARISONS } from './suites/launch/goals.ts';
import { SECTIONS } from './suites/launch/index.ts';
import { runSuite } from './suites/launch/run.ts';
import { sizeOf } from './suites/launch/size.ts';

/** 2026-01-31T12-30-59, in UTC. */
const stamp = (): string => new Date().toISOString().slice(0, 19).replaceAll(':', '-');

await main(
  run(LAUNCH, VERSION, process.argv.slice(2), async ({ values, notice }) => {
    requireRoot('bench:launch');
    const { only, quick, runs } = values;
    const size = sizeOf(quick, runs);
    const sections = SECTIONS.filter(({ name }) => only === undefined || only.includes(name));
    const seconds = sections.reduce((sum, section) => sum + section.seconds(size), 10);
    notice(
      `${sections.map(({ name }) => name).join(', ')}: about ${Math.ceil(seconds / 60)} min; Ctrl-C ends it and leaves nothing behind`,
    );

    const output = new Output(values.out ?? join('results', `launch-${stamp()}`));
    const progress = new Progress(process.stderr);
    const interrupt = interruptible();
    try {
      const rootfs = await ensureBusyboxRoot();
      const result = await runSuite({
        sections,
        size,
        options: { quick, runs: size.rounds, only: sections.map(({ name }) => name) },
        seed: Date.now() % 2 ** 31,
        rootfs,
        version: VERSION,
        signal: interrupt.signal,
        progress: (section, done, all) => progress.show(section.name, done, all),
      });
      progress.clear();
      const verdicts = evaluate(result, COMPARISONS);
      output.write('launch.json', `${JSON.stringify(result)}\n`);
      output.write('report.md', markdownReport(result, verdicts));
      process.stdout.write(values.json ? `${JSON.stringify(result)}\n` : summaryText(result, verdicts));
      notice(`every sample and the report are in ${output.directory}`);
      return 0;
    } catch (error) {
      progress.clear();
      output.discard();
      if (!(error instanceof Interrupted)) throw error;
      notice(error.message);
      return error.status;
    } finally {
      interrupt.stop();
    }
  }),
);
