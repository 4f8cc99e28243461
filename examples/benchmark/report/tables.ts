/** Series as tables of medians, and costs by kind. */
import { type Cost, isAgain, type Result, type Series } from '../result.ts';
import { mean, median } from '../statistics.ts';
import type { Unit } from '../units.ts';

export interface MedianRow {
  section: string;
  condition: string;
  unit: Unit;
  /** In the order of the subjects; undefined where not measured. */
  medians: (number | undefined)[];
}

/** Sections and conditions against subjects, repeated subjects left out. */
export function medianTable(series: readonly Series[], subjects: readonly string[]): MedianRow[] {
  const rows = new Map<string, MedianRow>();
  for (const { section, condition, subject, unit, rounds } of series) {
    const column = subjects.indexOf(subject);
    if (column < 0) continue;
    const key = `${section}\n${condition}`;
    const row = rows.get(key) ?? { section, condition, unit, medians: subjects.map(() => undefined) };
    row.medians[column] = median(rounds.flat());
    rows.set(key, row);
  }
  return [...rows.values()];
}

/** What comes first in a table, whatever was measured first; others follow as they came. */
const ORDER = ['floor', 'native', 'cofferdam', 'loopback'];

/** Subjects that a result has figures of. */
export function subjectsOf({ series }: Pick<Result, 'series'>): string[] {
  const names = new Set(series.filter((each) => !isAgain(each)).map(({ subject }) => subject));
  const first = ORDER.filter((name) => names.delete(name));
  return [...first, ...names];
}

/** A step, or all steps of one operation: medians and means over all times, microseconds. */
export interface CostRow {
  text: string;
  count: number;
  median: number;
  mean: number;
}

/** By what they are of, in the order of their first row. */
export function costsByWhole(costs: readonly Cost[]): [of: string, rows: Cost[]][] {
  const wholes = [...new Set(costs.map((each) => each.of))];
  return wholes.map((whole) => [whole, costs.filter((each) => each.of === whole)]);
}

/** Every step, the dearest first. */
export const costsByStep = (costs: readonly Cost[]): CostRow[] =>
  costs
    .map(({ text, samples }) => ({ text, count: 1, median: median(samples), mean: mean(samples) }))
    .sort((a, b) => b.median - a.median);

/** Steps of the same operation as one, the dearest first. */
export function costsByOperation(costs: readonly Cost[]): CostRow[] {
  const sums = new Map<string, CostRow>();
  for (const { operation, samples } of costs) {
    const sum = sums.get(operation) ?? { text: operation, count: 0, median: 0, mean: 0 };
    sums.set(operation, {
      text: operation,
      count: sum.count + 1,
      median: sum.median + median(samples),
      mean: sum.mean + mean(samples),
    });
  }
  return [...sums.values()].sort((a, b) => b.median - a.median);
}
