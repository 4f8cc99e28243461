/** What summary and report both show: series as a table of medians, and costs by kind. */
import type { Cost, Result, Series } from '../result.ts';
import { mean, median } from '../statistics.ts';

export interface MedianRow {
  section: string;
  condition: string;
  /** In the order of the subjects; undefined where not measured. */
  medians: (number | undefined)[];
}

/** Sections and conditions against subjects, repeated subjects left out. */
export function medianTable(series: readonly Series[], subjects: readonly string[]): MedianRow[] {
  const rows = new Map<string, MedianRow>();
  for (const { section, condition, subject, rounds } of series) {
    const column = subjects.indexOf(subject);
    if (column < 0) continue;
    const key = `${section}\n${condition}`;
    const row = rows.get(key) ?? { section, condition, medians: subjects.map(() => undefined) };
    row.medians[column] = median(rounds.flat());
    rows.set(key, row);
  }
  return [...rows.values()];
}

export const SUBJECTS = ['floor', 'cofferdam', 'crun', 'runc'] as const;

/** Subjects that a result has figures of, in their fixed order. */
export const subjectsOf = ({ series }: Pick<Result, 'series'>): string[] =>
  SUBJECTS.filter((name) => series.some(({ subject }) => subject === name));

/** A step, or all steps of one operation: medians and means over the launches, microseconds. */
export interface CostRow {
  text: string;
  count: number;
  median: number;
  mean: number;
}

/** In the order of their first row. */
export function costsByPace(costs: readonly Cost[]): [pace: string, rows: Cost[]][] {
  const paces = [...new Set(costs.map(({ pace }) => pace))];
  return paces.map((pace) => [pace, costs.filter((each) => each.pace === pace)]);
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
