/** What the terminal shows at the end: less than 80 columns, read in a minute. */
import type { Cost, Result } from '../result.ts';
import type { Verdict } from './evaluate.ts';
import { costsByPace, costsByStep, medianTable, subjectsOf } from './tables.ts';
import { type Column, figure, row } from './text.ts';

const WIDTH = 79;
const MOST_COSTS = 10;

function medians(result: Result): string[] {
  const subjects = subjectsOf(result);
  const columns: Column[] = [
    { width: 39, align: 'left' },
    ...subjects.map((): Column => ({ width: 10, align: 'right' })),
  ];
  const lines = [row(columns, ['medians, ms', ...subjects])];
  let before = '';
  for (const { section, condition, medians } of medianTable(result.series, subjects)) {
    const figures = medians.map((value) => (value === undefined ? '' : figure(value)));
    if (condition !== '' && section !== before) lines.push(section);
    lines.push(row(columns, [condition === '' ? section : `  ${condition}`, ...figures]));
    before = section;
  }
  return lines;
}

const VERDICT: readonly Column[] = [
  { width: 45, align: 'left' },
  { width: 7, align: 'right' },
  { width: 15, align: 'right' },
  { width: 12, align: 'right' },
];

function verdicts(all: readonly Verdict[]): string[] {
  const lines = all.map(({ text, value, low, high, goal, met }) => {
    const interval = low === undefined || high === undefined ? '' : `${figure(low)}–${figure(high)}`;
    return row(VERDICT, [text, figure(value), interval, goal === undefined ? '' : `${goal} ${met ? 'met' : 'no'}`]);
  });
  return [row(VERDICT, ['ratios of medians', '', '95 % interval', 'goal']), ...lines];
}

function costs(pace: string, rows: readonly Cost[]): string[] {
  const all = costsByStep(rows);
  const total = all.reduce((sum, each) => sum + each.median, 0);
  const lines = all.slice(0, MOST_COSTS).map(({ text, median }) => {
    const share = `${((100 * median) / total).toFixed(0)} %`;
    return `${median.toFixed(0).padStart(7)} ${share.padStart(5)}  ${clip(text, WIDTH - 16)}`;
  });
  return [`     µs share  steps of our own launch, ${pace} (medians)`, ...lines];
}

const clip = (text: string, width: number): string => (text.length > width ? `${text.slice(0, width - 1)}…` : text);

/** The whole text, with a line feed at its end. */
export function summaryText(result: Result, all: readonly Verdict[]): string {
  const blocks = [
    medians(result),
    ...(all.length > 0 ? [verdicts(all)] : []),
    ...costsByPace(result.costs).map(([pace, rows]) => costs(pace, rows)),
    ...(result.missing.length > 0 ? [result.missing.map(({ name, reason }) => `without ${name}: ${reason}`)] : []),
  ];
  return `${blocks.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}
