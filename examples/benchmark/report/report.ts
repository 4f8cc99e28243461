/** The whole report: first what a person understands in ten seconds, then what it rests on, down to every series. */
import { seeded } from '../random.ts';
import { nameOf, type Result } from '../result.ts';
import { meanOf, summarize } from '../statistics.ts';
import type { Suite } from '../suite.ts';
import { type Block, facts, heading, list, paragraph, type Report, table } from './document.ts';
import type { Verdict } from './evaluate.ts';
import { drawPlot } from './plots/plot.ts';
import { type CostRow, costsByOperation, costsByStep, costsByWhole, medianTable, subjectsOf } from './tables.ts';
import { figure } from './text.ts';

/** Load per CPU beyond which other programs have had a part in the figures. */
const BUSY = 0.5;

const interval = ({ low, high }: Verdict): string =>
  low === undefined || high === undefined ? '' : `${figure(low)} – ${figure(high)}`;

const value = ({ value, unit }: Verdict): string => (unit ? `${figure(value)} ${unit}` : `${figure(value)} ×`);

/** A line on how much was measured, and how quiet the machine was. */
function standing({ options, machine, duration, begun }: Result): string {
  const load = machine.load / machine.cpus;
  const noisy =
    load > BUSY
      ? ` The machine was busy with other things when the run began (load ${machine.load.toFixed(1)} on ${machine.cpus} CPUs): figures are worse and intervals wider than on a quiet one.`
      : '';
  return `A ${options.quick ? 'quick' : 'full'} run of ${duration.toFixed(0)} s, begun ${begun.slice(0, 16).replace('T', ' ')} UTC.${noisy}`;
}

function headlines(verdicts: readonly Verdict[]): Block[] {
  const chosen = verdicts.filter(({ headline }) => headline);
  const rows = (chosen.length > 0 ? chosen : verdicts.slice(0, 6)).map((each) => [
    each.text,
    value(each),
    interval(each),
  ]);
  return rows.length > 0 ? [table(['', 'median', '95 % interval'], rows)] : [];
}

function ratios(verdicts: readonly Verdict[]): Block[] {
  if (verdicts.length === 0) return [];
  const rows = verdicts.map((each) => [
    each.text,
    value(each),
    interval(each),
    each.goal ?? '',
    each.met === undefined ? '' : each.met ? 'met' : 'missed',
  ]);
  return [
    heading('All comparisons'),
    paragraph('Ratios of medians, with 95 % intervals; a line with a unit is a median itself.'),
    table(['', 'value', 'interval', 'goal', ''], rows),
  ];
}

function medians(result: Result): Block[] {
  const subjects = subjectsOf(result);
  const rows = medianTable(result.series, subjects).map(({ section, condition, unit, medians }) => [
    condition === '' ? section : `${section}: ${condition}`,
    unit,
    ...medians.map((each) => (each === undefined ? '' : figure(each))),
  ]);
  return [heading('Medians'), table(['', 'unit', ...subjects], rows)];
}

function samples(result: Result): Block {
  const random = seeded(result.seed);
  const rows = result.series.map((series) => {
    const { rounds, unit } = series;
    const all = summarize(rounds);
    const { low, high } = meanOf(rounds, random);
    return [
      nameOf(series),
      unit,
      String(all.count),
      String(rounds.length),
      ...[all.least, all.median, all.p90, all.p99, all.most, all.mean, all.deviation].map(figure),
      `${figure(low)} – ${figure(high)}`,
      all.outliers === 0 ? '' : String(all.outliers),
    ];
  });
  const head = ['', 'unit', 'samples', 'rounds', 'least', 'median', '90 %', '99 %', 'most', 'mean', 'sd'];
  return { kind: 'table', head: [...head, 'mean, 95 % interval', 'outliers'], rows };
}

function costs(all: Result['costs']): Block[] {
  if (all.length === 0) return [];
  const cells = ({ median, mean }: CostRow) => [median.toFixed(1), mean.toFixed(1)];
  const blocks = costsByWhole(all).flatMap(([whole, rows]): Block[] => [
    heading(whole, 3),
    table(
      ['operation', 'times', 'median, µs', 'mean, µs'],
      costsByOperation(rows).map((each) => [each.text, String(each.count), ...cells(each)]),
    ),
    {
      kind: 'more',
      text: `${whole}: every step`,
      blocks: [
        table(
          ['step', 'median, µs', 'mean, µs'],
          costsByStep(rows).map((each) => [each.text, ...cells(each)]),
        ),
      ],
    },
  ]);
  return [
    heading('Where the time goes'),
    paragraph('Medians and means over all times. Medians of rare waits do not add up to a whole.'),
    ...blocks,
  ];
}

function machine({ machine, versions, options, seed }: Result): Block[] {
  const rows = [
    ['CPU', `${machine.cpu}, ${machine.cpus} of them`],
    ['memory', `${(machine.memory / 2 ** 30).toFixed(1)} GiB`],
    ['system', machine.system],
    ['kernel', machine.kernel],
    ['cgroups', machine.cgroups],
    ['load before and after', [machine.load, machine.loadAfter].map((load) => load?.toFixed(2) ?? '-').join(', ')],
    ...Object.entries(versions),
    ['options', JSON.stringify(options)],
    ['seed', String(seed)],
  ];
  return [heading('Measured on'), facts(rows as string[][])];
}

const METHOD = [
  'What is compared takes turns in one run, in another random order each round, after a warm-up that is not counted: what the machine does meanwhile hits all of them.',
  'Intervals are bootstrapped over rounds, since samples of one round are no independent observations. A subject `again` is the same thing measured twice: how far its ratio is from 1 is the noise floor of this run.',
  'No sample is left out of any figure. Outliers (beyond three times the quartiles’ distance) are counted in the table of all series, and drawn as single points.',
];

function commands({ commands }: Result): Block[] {
  if (commands.length === 0) return [];
  const lines = commands.flatMap(({ about, line }) => [`# ${about}`, line]);
  return [heading('Commands'), { kind: 'commands', lines }];
}

export async function reportOf(suite: Suite, result: Result, verdicts: readonly Verdict[]): Promise<Report> {
  const drawn = await Promise.all(suite.plots(result).map(drawPlot));
  const plots = drawn.map((plot): Block => ({ kind: 'plot', ...plot }));
  const meaning = suite.interpret?.(result) ?? [];
  const { missing } = result;
  return {
    title: suite.title,
    blocks: [
      ...headlines(verdicts),
      ...plots.slice(0, 1),
      paragraph(standing(result)),
      ...(meaning.length > 0 ? [heading('What the figures say'), list(meaning)] : []),
      ...plots.slice(1),
      ...medians(result),
      ...ratios(verdicts),
      ...costs(result.costs),
      heading('How it was measured'),
      list([...suite.method, ...METHOD, ...result.notes]),
      ...commands(result),
      ...(missing.length > 0
        ? [heading('Not measured'), list(missing.map(({ name, reason }) => `${name}: ${reason}`))]
        : []),
      ...machine(result),
      heading('All series'),
      paragraph(`Every sample is in ${suite.name}.json, in the order in which it was taken.`),
      samples(result),
    ],
  };
}
