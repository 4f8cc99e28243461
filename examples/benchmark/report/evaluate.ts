/** A result's comparisons, with intervals and whether their goals are met. */
import { seeded } from '../random.ts';
import { findSeries, type Result } from '../result.ts';
import { type Estimate, median, ratioOfMedians } from '../statistics.ts';
import type { Comparison } from '../suite.ts';
import type { Unit } from '../units.ts';

export interface Verdict {
  text: string;
  value: number;
  /** Bounds of the 95 % interval; absent where there is one figure only. */
  low?: number;
  high?: number;
  goal?: string;
  met?: boolean;
  headline: boolean;
  /** Absent where it is a ratio. */
  unit?: Unit;
}

function goalOf({ atMost, atLeast }: Comparison, value: number): { goal: string; met: boolean } | undefined {
  if (atMost !== undefined) return { goal: `≤ ${atMost}`, met: value <= atMost };
  if (atLeast !== undefined) return { goal: `≥ ${atLeast}`, met: value >= atLeast };
  return undefined;
}

/** Those comparisons that the result has samples for. The same result gives the same intervals, by its seed. */
export function evaluate(result: Pick<Result, 'series' | 'seed'>, comparisons: readonly Comparison[]): Verdict[] {
  const random = seeded(result.seed);
  return comparisons.flatMap((comparison): Verdict[] => {
    const over = findSeries(result, comparison.over);
    const under = comparison.under && findSeries(result, comparison.under);
    if (!over || (comparison.under && !under)) return [];
    // One round says nothing of how far another would be from it.
    const bounded = under && Math.min(over.rounds.length, under.rounds.length) > 1;
    const estimate: Pick<Estimate, 'value'> & Partial<Estimate> = under
      ? bounded
        ? ratioOfMedians(over.rounds, under.rounds, random)
        : { value: median(over.rounds.flat()) / median(under.rounds.flat()) }
      : { value: median(over.rounds.flat()) };
    return [
      {
        text: comparison.text,
        ...estimate,
        ...goalOf(comparison, estimate.value),
        headline: comparison.headline === true,
        ...(!under && { unit: over.unit }),
      },
    ];
  });
}
