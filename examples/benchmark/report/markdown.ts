/** The report that stays: everything that the samples say, on which machine, and how it was measured. */
import type { Result } from '../result.ts';
import { summarize } from '../statistics.ts';
import type { Verdict } from './evaluate.ts';
import { type CostRow, costsByOperation, costsByPace, costsByStep, medianTable, subjectsOf } from './tables.ts';
import { figure, markdownTable } from './text.ts';

const section = (title: string, ...paragraphs: readonly string[]): string =>
  [`## ${title}`, ...paragraphs].join('\n\n');

const bullets = (lines: readonly string[]): string => lines.map((line) => `- ${line}`).join('\n');

function ratios(verdicts: readonly Verdict[]): string {
  const rows = verdicts.map(({ text, value, low, high, goal, met }) => [
    text,
    figure(value),
    low === undefined || high === undefined ? '' : `${figure(low)} – ${figure(high)}`,
    goal ?? '',
    met === undefined ? '' : met ? 'met' : 'missed',
  ]);
  return section(
    'Ratios',
    'Of medians, with 95 % intervals.',
    markdownTable(['', 'ratio', 'interval', 'goal', ''], rows),
  );
}

function medians(result: Result): string {
  const subjects = subjectsOf(result);
  const rows = medianTable(result.series, subjects).map(({ section, condition, medians }) => [
    condition === '' ? section : `${section}: ${condition}`,
    ...medians.map((value) => (value === undefined ? '' : figure(value))),
  ]);
  return section('Medians, milliseconds', markdownTable(['', ...subjects], rows));
}

function samples(result: Result): string {
  const rows = result.series.map(({ section, condition, subject, rounds }) => {
    const { count, least, median, p90, p99, most } = summarize(rounds);
    const name = [section, condition, subject].filter(Boolean).join(': ');
    return [name, String(count), ...[least, median, p90, p99, most].map(figure)];
  });
  const head = ['milliseconds', 'samples', 'least', 'median', '90 %', '99 %', 'most'];
  return section(
    'All series',
    'No sample is left out. A sample of `throughput` is a burst, divided by its launches.',
    markdownTable(head, rows),
  );
}

function costs({ costs }: Result): string {
  const cells = ({ median, mean }: CostRow) => [median.toFixed(1), mean.toFixed(1)];
  const tables = costsByPace(costs).flatMap(([pace, rows]) => [
    `### Launches ${pace}`,
    markdownTable(
      ['operation', 'times', 'median', 'mean'],
      costsByOperation(rows).map((each) => [each.text, String(each.count), ...cells(each)]),
    ),
    markdownTable(
      ['step', 'median', 'mean'],
      costsByStep(rows).map((each) => [each.text, ...cells(each)]),
    ),
  ]);
  const about =
    'From the traces that launches leave: microseconds over all launches. Medians of rare waits don’t add up to a whole.';
  return section('Where the time of our own launch goes', about, ...tables);
}

function machine({ machine, versions, options, seed }: Result): string {
  const rows = [
    ['CPU', `${machine.cpu}, ${machine.cpus} of them`],
    ['memory', `${(machine.memory / 2 ** 30).toFixed(1)} GiB`],
    ['system', machine.system],
    ['kernel', machine.kernel],
    ['cgroups', machine.cgroups],
    ['load before', machine.load.toFixed(2)],
    ...Object.entries(versions),
    ['options', JSON.stringify(options)],
    ['seed', String(seed)],
  ];
  return section('Measured on', markdownTable(['', ''], rows as string[][]));
}

const METHOD = [
  'A launch runs `true` in a new container, isolated in pid, mount, uts, ipc, network and cgroup namespaces, limited in memory, processes and CPU, and ends with its result in the caller’s hands.',
  'cofferdam: `createContainer({ … }).run()`; crun, runc: `child_process.execFile()` with a bundle made beforehand; floor: a C program that does the same system calls and times itself, so that no process creation of Node’s is in its figures.',
  'cofferdam and floor mount an overlay on the root file system; crun and runc cannot, and get the directory itself, read-only, which is less work.',
  'What is compared takes turns in one run, in another random order each round; a turn of `back-to-back` is several launches in a row.',
  'Intervals are bootstrapped over rounds. `again` is the same thing measured twice: how far it differs from itself is the noise.',
];

export function markdownReport(result: Result, verdicts: readonly Verdict[]): string {
  const { begun, duration, missing, notes } = result;
  const parts = [
    '# Launches and execs',
    `Begun ${begun}, ${duration.toFixed(0)} s.`,
    ...(verdicts.length > 0 ? [ratios(verdicts)] : []),
    medians(result),
    ...(result.costs.length > 0 ? [costs(result)] : []),
    samples(result),
    machine(result),
    section('Method', bullets([...METHOD, ...notes])),
    ...(missing.length > 0
      ? [section('Not measured', bullets(missing.map(({ name, reason }) => `${name}: ${reason}`)))]
      : []),
  ];
  return `${parts.join('\n\n')}\n`;
}
