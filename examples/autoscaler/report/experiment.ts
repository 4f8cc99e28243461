/** The report of one experiment. */
import type { ExperimentResult, RunResult } from '../experiment/result.ts';
import { SCENARIOS } from '../experiment/scenarios.ts';
import { comparisonBars, comparisonReplicas } from './comparison.ts';
import { type Block, html, markdown } from './document.ts';
import { renderSvg } from './render.ts';
import { timeline } from './timeline.ts';

const whole = (value: number | undefined): string => (value === undefined ? '–' : String(Math.round(value)));
const milliseconds = (value: number | undefined): string =>
  value === undefined ? '–' : value < 10 ? value.toFixed(1) : String(Math.round(value));

export const summaryRow = ({ label, settings, load, containerSeconds, journal }: RunResult, name: string): string[] => [
  label || name,
  settings.policy,
  `${settings.min} to ${settings.max}, ${settings.pool} warm`,
  String(load.requests),
  String(load.failed),
  `${milliseconds(load.latency.p50)} / ${milliseconds(load.latency.p99)} / ${milliseconds(load.latency.p100)}`,
  `${whole(containerSeconds.serving)} + ${whole(containerSeconds.warm)}`,
  String(journal.filter(({ kind }) => kind === 'scale').length),
];

export const SUMMARY_HEAD = [
  'run',
  'policy',
  'replicas',
  'requests',
  'failed',
  'latency ms, median / 99 % / most',
  'container seconds, serving + pool',
  'decisions',
];

function readinessText({ readiness }: RunResult): Block[] {
  if (readiness.length === 0) return [];
  const row = (name: string, warm: boolean): string[][] => {
    const of = readiness.filter((each) => each.warm === warm);
    if (of.length === 0) return [];
    const serving = of.map((each) => each.serving).sort((a, b) => a - b);
    const answered = of.flatMap((each) => (each.answered === undefined ? [] : [each.answered])).sort((a, b) => a - b);
    const middle = (values: number[]): string => whole(values[Math.floor(values.length / 2)]);
    return [
      [
        name,
        String(of.length),
        `${middle(serving)} / ${whole(serving.at(-1))}`,
        `${middle(answered)} / ${whole(answered.at(-1))}`,
      ],
    ];
  };
  return [
    {
      table: [
        [
          'new replicas',
          'how many',
          'ms from the decision until it serves, median / most',
          'until its first answer is at the client',
        ],
        ...row('from the warm pool', true),
        ...row('cold', false),
      ],
    },
  ];
}

const decisionLog = ({ journal, began }: RunResult): Block => ({
  code: journal
    .filter(({ date }) => date >= began)
    .map(({ date, kind, text }) => `${((date - began) / 1000).toFixed(1).padStart(6)} s  ${kind.padEnd(10)}  ${text}`)
    .join('\n'),
});

/** Of one run: plots, times, checks, decisions. @param level Of its headings. */
export async function runBlocks(run: RunResult, name: string, level: 2 | 3, log = true): Promise<Block[]> {
  return [
    {
      plot: await renderSvg(timeline(run)),
      name,
      about: 'Load, replicas, queue, latency, failures and container seconds over time',
    },
    ...readinessText(run),
    {
      table: [
        ['check', 'expected', 'got', ''],
        ...run.checks.map(({ name: check, expected, got, ok }) => [check, expected, got, ok ? 'ok' : 'NOT ok']),
      ],
    },
    ...(log ? ([{ heading: 'Decisions', level }, decisionLog(run)] satisfies Block[]) : []),
  ];
}

/** What several runs come to. */
export async function comparisonBlocks(runs: readonly RunResult[], prefix = ''): Promise<Block[]> {
  return [
    {
      plot: await renderSvg(comparisonBars(runs)),
      name: `${prefix}comparison`,
      about: 'Failures, latency and container seconds by run',
    },
    {
      plot: await renderSvg(comparisonReplicas(runs)),
      name: `${prefix}replicas`,
      about: 'Replicas that serve, over time, by run',
    },
  ];
}

export const conditions = ({ machine, versions, seed, deadline, began }: ExperimentResult): string =>
  `${began.slice(0, 10)}, ${machine.cpus} × ${machine.cpu}, Linux ${machine.kernel.split(' ')[0]}, Node ${versions.node}, HAProxy ${versions.haproxy}; seed ${seed}, deadline ${deadline} s, load average ${machine.load.toFixed(1)} at the end.`;

/** File name → text: report.md, report.html and the plots. */
export async function experimentReport(result: ExperimentResult): Promise<Record<string, string>> {
  const { experiment, runs } = result;
  const scenario = SCENARIOS.find(({ name }) => name === experiment);
  const [first] = runs;
  const blocks: Block[] = [
    { heading: `Autoscaler: ${experiment}`, level: 1 },
    { text: `${scenario?.summary ?? ''}. ${conditions(result)}` },
    { table: [SUMMARY_HEAD, ...runs.map((run) => summaryRow(run, experiment))] },
  ];
  if (runs.length > 1) {
    blocks.push(...(await comparisonBlocks(runs)));
    for (const [i, run] of runs.entries())
      blocks.push({ heading: run.label, level: 2 }, ...(await runBlocks(run, `timeline-${i + 1}`, 3)));
  } else if (first) blocks.push(...(await runBlocks(first, 'timeline', 2)));
  return {
    ...plotFiles(blocks),
    'report.md': markdown(blocks),
    'report.html': html(`Autoscaler: ${experiment}`, blocks),
  };
}

export const plotFiles = (blocks: readonly Block[]): Record<string, string> =>
  Object.fromEntries(blocks.flatMap((block) => ('plot' in block ? [[`${block.name}.svg`, `${block.plot}\n`]] : [])));
