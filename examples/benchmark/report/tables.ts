/** What summary and report both show: series as a table of medians, and costs by kind. */
import type { Cost, Result, Series } from '../result.ts';
import { median } from '../statistics.ts';

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

/** Rows of the same operation as one, the dearest first. */
export function costsByOperation(costs: readonly Cost[]): { operation: string; count: number; microseconds: number }[] {
  const sums = new Map<string, { count: number; microseconds: number }>();
  for (const { operation, microseconds } of costs) {
    const sum = sums.get(operation) ?? { count: 0, microseconds: 0 };
    sums.set(operation, { count: sum.count + 1, microseconds: sum.microseconds + microseconds });
  }
  return [...sums].map(([operation, sum]) => ({ operation, ...sum })).sort((a, b) => b.microseconds - a.microseconds);
}

export const dearest = (costs: readonly Cost[]): Cost[] => [...costs].sort((a, b) => b.microseconds - a.microseconds);
