/** What the terminal shows at the end: less than 80 columns, read in a minute. */
import type { Cost, Result } from '../result.ts';
import type { Verdict } from './evaluate.ts';
import { costsByStep, costsByWhole, medianTable, subjectsOf } from './tables.ts';
import { type Column, figure, row } from './text.ts';

const WIDTH = 79;
const MOST_COSTS = 10;
const NAME = 31;
const UNIT = 11;
/** Room for all subjects: those that do not fit go to lines of their own. */
const SUBJECT = 11;

const clip = (text: string, width: number): string => (text.length > width ? `${text.slice(0, width - 1)}…` : text);

/** Subjects of one table: as many as a line has room for. */
function groups(subjects: readonly string[]): string[][] {
  const most = Math.floor((WIDTH - NAME - UNIT) / SUBJECT);
  return Array.from({ length: Math.ceil(subjects.length / most) }, (_, i) => subjects.slice(i * most, (i + 1) * most));
}

function medians(result: Result, subjects: readonly string[]): string[] {
  const columns: Column[] = [
    { width: NAME, align: 'left' },
    { width: UNIT, align: 'left' },
    ...subjects.map((): Column => ({ width: SUBJECT, align: 'right' })),
  ];
  const lines = [row(columns, ['medians', '', ...subjects.map((name) => clip(name, SUBJECT - 1))])];
  let before = '';
  for (const { section, condition, unit, medians } of medianTable(result.series, subjects)) {
    const figures = medians.map((value) => (value === undefined ? '' : figure(value)));
    if (condition !== '' && section !== before) lines.push(section);
    lines.push(row(columns, [clip(condition === '' ? section : `  ${condition}`, NAME - 1), unit, ...figures]));
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
    return row(VERDICT, [
      clip(text, 44),
      figure(value),
      interval,
      goal === undefined ? '' : `${goal} ${met ? 'met' : 'no'}`,
    ]);
  });
  return [row(VERDICT, ['ratios of medians', '', '95 % interval', 'goal']), ...lines];
}

function costs(whole: string, rows: readonly Cost[]): string[] {
  const all = costsByStep(rows);
  const total = all.reduce((sum, each) => sum + each.median, 0);
  const lines = all.slice(0, MOST_COSTS).map(({ text, median }) => {
    const share = `${((100 * median) / total).toFixed(0)} %`;
    return `${median.toFixed(0).padStart(9)} ${share.padStart(5)}  ${clip(text, WIDTH - 18)}`;
  });
  return [`       µs share  steps of ${whole} (medians)`, ...lines];
}

/** The whole text, with a line feed at its end. */
export function summaryText(result: Result, all: readonly Verdict[]): string {
  const blocks = [
    ...groups(subjectsOf(result)).map((subjects) => medians(result, subjects)),
    ...(all.length > 0 ? [verdicts(all)] : []),
    ...costsByWhole(result.costs).map(([whole, rows]) => costs(whole, rows)),
    ...(result.missing.length > 0 ? [result.missing.map(({ name, reason }) => `without ${name}: ${reason}`)] : []),
  ];
  return `${blocks.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}
