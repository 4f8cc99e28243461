/** `experiment`. */
import { join } from 'node:path';
import { describeMachine } from '../../benchmark/machine.ts';
import { Output } from '../../benchmark/output.ts';
import { style, UsageError, type Values } from '../../shared/command-line.ts';
import { type Interrupted, interruptible } from '../../shared/interrupt.ts';
import { VERSION } from '../../shared/package.ts';
import { requireRoot } from '../../shared/privileges.ts';
import type { ExperimentResult, RunResult } from '../experiment/result.ts';
import { runOnce } from '../experiment/run.ts';
import { EXPERIMENT_NAMES, SCENARIOS } from '../experiment/scenarios.ts';
import { describeSetup } from '../experiment/setup.ts';
import { balancerVersion } from '../fleet/roots.ts';
import type { EXPERIMENT } from '../options.ts';
import { experimentReport } from '../report/experiment.ts';
import { PRESETS } from '../settings.ts';
import { sizes } from './up.ts';

/** 2026-01-31T12-30-59, in UTC. */
const stamp = (): string => new Date().toISOString().slice(0, 19).replaceAll(':', '-');

export async function experiment(
  values: Values<typeof EXPERIMENT.options>,
  [name = '']: readonly string[],
  notice: (text: string) => void,
): Promise<number> {
  const scenario = SCENARIOS.find((each) => each.name === name);
  if (!scenario) throw new UsageError(`there is no experiment '${name}'; there are ${EXPERIMENT_NAMES.join(', ')}`);
  requireRoot('autoscaler');
  const { min, max, pool, rate, policy, seed, deadline } = sizes(values);
  const duration = values.duration ?? scenario.duration;
  const [low, high] = [values.low ?? scenario.low, values.high ?? scenario.high];
  const output = new Output(values.out ?? join('results', `autoscaler-${name}-${stamp()}`));
  const interrupt = interruptible();
  const begun = new Date();
  const runs: RunResult[] = [];
  let haproxy = '';
  try {
    for (const variant of scenario.variants) {
      const { label, ...different } = variant;
      const run = await runOnce({
        label,
        experiment: name,
        settings: { ...PRESETS, min, max, pool, rate, policy, ...different },
        shape: scenario.shape(duration, low, high),
        faults: scenario.faults(duration),
        seed,
        deadline: deadline * 1000,
        signal: interrupt.signal,
        say: notice,
      });
      runs.push(run.result);
      haproxy = run.haproxy;
    }
  } catch (error) {
    output.discard();
    if (!interrupt.signal.aborted) throw error;
    const { message, status } = interrupt.signal.reason as Interrupted;
    notice(`${message}; nothing is left behind`);
    return status;
  } finally {
    interrupt.stop();
  }

  const checks = runs.flatMap((run) => run.checks);
  const result: ExperimentResult = {
    experiment: name,
    format: 1,
    failed: runs
      .filter(({ settings }) => !settings.policy.startsWith('fixed-'))
      .reduce((sum, { load }) => sum + load.failed, 0),
    ok: checks.every(({ ok }) => ok),
    began: begun.toISOString(),
    duration: (Date.now() - begun.getTime()) / 1000,
    seed,
    deadline,
    machine: describeMachine(),
    versions: { cofferdam: VERSION, node: process.version, haproxy: await balancerVersion() },
    runs,
  };
  output.write('result.json', `${JSON.stringify(result)}\n`);
  output.write('haproxy.cfg', haproxy);
  for (const [file, text] of Object.entries(describeSetup(result, { duration, low, high }))) output.write(file, text);
  for (const [file, text] of Object.entries(await experimentReport(result))) output.write(file, text);

  const { green, red, bold } = style(process.stdout);
  for (const { label, checks: ofRun } of runs) {
    if (label) process.stdout.write(`${bold(label)}\n`);
    for (const { name: check, expected, got, ok } of ofRun)
      process.stdout.write(`${ok ? green('ok') : red('NOT ok')}  ${check}: ${got} (${expected})\n`);
  }
  notice(`the report is ${join(output.directory, 'report.html')}`);
  return result.ok ? 0 : 1;
}
