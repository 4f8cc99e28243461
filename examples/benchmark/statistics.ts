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

/** Of the population that the samples are from; NaN with fewer than two. */
export function standardDeviation(samples: readonly number[]): number {
  const middle = mean(samples);
  const squares = samples.reduce((sum, each) => sum + (each - middle) ** 2, 0);
  return samples.length < 2 ? Number.NaN : Math.sqrt(squares / (samples.length - 1));
}

/** Tukey's outer fences: beyond three times the distance of the quartiles. */
const FENCE = 3;

/** Where outliers begin. They stay in all figures, and are shown. */
export function fences(samples: readonly number[]): { low: number; high: number } {
  const [first, third] = [quantile(samples, 0.25), quantile(samples, 0.75)];
  const reach = FENCE * (third - first);
  return { low: first - reach, high: third + reach };
}

export function outliers(samples: readonly number[]): number[] {
  const { low, high } = fences(samples);
  return samples.filter((each) => each < low || each > high);
}

export interface Summary {
  count: number;
  least: number;
  median: number;
  p90: number;
  p99: number;
  most: number;
  mean: number;
  deviation: number;
  /** How many of the samples are outliers. */
  outliers: number;
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
    mean: mean(samples),
    deviation: standardDeviation(samples),
    outliers: outliers(samples).length,
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

/** `statistic` of so many resamples, as an interval around its value. */
function bootstrap(value: number, resample: () => number, confidence: number, resamples = RESAMPLES): Estimate {
  const values = Array.from({ length: resamples }, resample);
  const tail = (1 - confidence) / 2;
  return { value, low: quantile(values, tail), high: quantile(values, 1 - tail) };
}

const draw = (count: number, random: Random): number[] => Array.from({ length: count }, () => random.below(count));
const pick = (from: Rounds, rounds: readonly number[]): number[] => rounds.flatMap((round) => from[round] ?? []);

/**
 * Ratio of two subjects' medians with a 95 % interval, by the bootstrap. Whole rounds are drawn, and the same for both:
 * samples of one round share what the machine did meanwhile, so that they count as one observation.
 */
export function ratioOfMedians(over: Rounds, under: Rounds, random: Random, resamples = RESAMPLES): Estimate {
  const rounds = Math.min(over.length, under.length);
  const resample = () => {
    const drawn = draw(rounds, random);
    return median(pick(over, drawn)) / median(pick(under, drawn));
  };
  return bootstrap(median(over.flat()) / median(under.flat()), resample, CONFIDENCE, resamples);
}

/** The same of two runs, whose rounds have nothing to do with each other: each is drawn by itself. */
export function ratioBetweenRuns(over: Rounds, under: Rounds, random: Random, confidence: number): Estimate {
  const resample = () =>
    median(pick(over, draw(over.length, random))) / median(pick(under, draw(under.length, random)));
  return bootstrap(median(over.flat()) / median(under.flat()), resample, confidence);
}

/** The mean of all samples, with a 95 % interval by drawing whole rounds. */
export function meanOf(rounds: Rounds, random: Random): Estimate {
  return bootstrap(mean(rounds.flat()), () => mean(pick(rounds, draw(rounds.length, random))), CONFIDENCE);
}
