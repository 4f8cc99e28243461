/** What is said about samples: medians, because one launch in a hundred meets something else, and intervals by resampling. */
import type { Random } from './random.ts';

/** Samples of one subject, by the rounds in which they were taken. */
export type Rounds = readonly (readonly number[])[];

/** The `q`-quantile, between two samples by their distance. NaN without samples. */
export function quantile(samples: readonly number[], q: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (sorted.length - 1) * q;
  const below = sorted[Math.floor(at)] ?? Number.NaN;
  const above = sorted[Math.ceil(at)] ?? Number.NaN;
  return below + (above - below) * (at - Math.floor(at));
}

export const median = (samples: readonly number[]): number => quantile(samples, 0.5);

export const mean = (samples: readonly number[]): number =>
  samples.reduce((sum, each) => sum + each, 0) / samples.length;

export interface Summary {
  count: number;
  least: number;
  median: number;
  p90: number;
  p99: number;
  most: number;
}

export function summarize(rounds: Rounds): Summary {
  const samples = rounds.flat();
  return {
    count: samples.length,
    least: quantile(samples, 0),
    median: median(samples),
    p90: quantile(samples, 0.9),
    p99: quantile(samples, 0.99),
    most: quantile(samples, 1),
  };
}

/** A value, and between which bounds it lies. */
export interface Estimate {
  value: number;
  low: number;
  high: number;
}

const CONFIDENCE = 0.95;
const RESAMPLES = 1000;

/**
 * Ratio of two subjects' medians with a 95 % interval, by the bootstrap. Whole rounds are drawn, and the same for both:
 * samples of one round share what the machine did meanwhile, so that they count as one observation.
 */
export function ratioOfMedians(over: Rounds, under: Rounds, random: Random, resamples = RESAMPLES): Estimate {
  const rounds = Math.min(over.length, under.length);
  const ratios = Array.from({ length: resamples }, () => {
    const drawn = Array.from({ length: rounds }, () => random.below(rounds));
    const samples = (from: Rounds) => drawn.flatMap((round) => from[round] ?? []);
    return median(samples(over)) / median(samples(under));
  });
  const tail = (1 - CONFIDENCE) / 2;
  return {
    value: median(over.flat()) / median(under.flat()),
    low: quantile(ratios, tail),
    high: quantile(ratios, 1 - tail),
  };
}
