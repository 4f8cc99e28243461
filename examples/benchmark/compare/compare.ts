/** Two results of one suite: what changed beyond noise. */
import { seeded } from '../random.ts';
import { again, findSeries, isAgain, nameOf, type Result, type Series } from '../result.ts';
import { type Estimate, median, ratioBetweenRuns } from '../statistics.ts';
import { UNITS } from '../units.ts';

/** Of intervals here: with a hundred series, 95 % would call five of them changed that are not. */
const CONFIDENCE = 0.99;

/** Noise that is assumed where no series was measured twice: nobody knows better. */
const UNKNOWN_NOISE = 1.1;

/** 'unknown': of one round nobody knows how far another would be from it. */
export type Change = 'better' | 'worse' | 'same' | 'unknown';

export interface Row extends Estimate {
  name: string;
  unit: Series['unit'];
  /** Medians of both. */
  before: number;
  after: number;
  /** The factor up to which a difference is noise. */
  noise: number;
  change: Change;
}

/** What makes figures incomparable: [what, the first's, the second's]. */
export function differences(a: Result, b: Result): [what: string, a: string, b: string][] {
  const asked: [string, unknown, unknown][] = [
    ['suite', a.suite, b.suite],
    ['format', a.format, b.format],
    ['CPU', a.machine.cpu, b.machine.cpu],
    ['number of CPUs', a.machine.cpus, b.machine.cpus],
    ['memory', a.machine.memory, b.machine.memory],
    ['kernel', a.machine.kernel, b.machine.kernel],
    ['system', a.machine.system, b.machine.system],
    ['cgroups', a.machine.cgroups, b.machine.cgroups],
    ...[...new Set([...Object.keys(a.options), ...Object.keys(b.options)])].map((key): [string, unknown, unknown] => [
      `option ${key}`,
      a.options[key],
      b.options[key],
    ]),
  ];
  return asked
    .filter(([, first, second]) => JSON.stringify(first) !== JSON.stringify(second))
    .map(([what, first, second]) => [what, String(first), String(second)]);
}

/** How far a series measured twice is from itself, at most, in a result's section: a factor of 1 or more. */
function noiseOf(result: Result, section: string): number | undefined {
  const factors = result.series.filter(isAgain).flatMap((twice) => {
    const once = result.series.find(
      (each) =>
        again(each.subject) === twice.subject && each.section === twice.section && each.condition === twice.condition,
    );
    if (!once || twice.section !== section) return [];
    return [Math.exp(Math.abs(Math.log(median(twice.rounds.flat()) / median(once.rounds.flat()))))];
  });
  return factors.length > 0 ? Math.max(...factors) : undefined;
}

/** The most that either result has in the section, else anywhere. */
function noiseFor(a: Result, b: Result, section: string): number {
  const sections = [...new Set([...a.series, ...b.series].map((each) => each.section))];
  const of = (names: readonly string[]) =>
    [a, b].flatMap((result) => names.flatMap((name) => noiseOf(result, name) ?? []));
  const found = of([section]);
  const all = found.length > 0 ? found : of(sections);
  return all.length > 0 ? Math.max(...all) : UNKNOWN_NOISE;
}

/** Beyond noise is a ratio whose interval is wholly beyond it. */
function changeOf({ low, high }: Estimate, noise: number, better: 'less' | 'more'): Change {
  if (high < 1 / noise) return better === 'less' ? 'better' : 'worse';
  if (low > noise) return better === 'less' ? 'worse' : 'better';
  return 'same';
}

export interface Comparison {
  rows: Row[];
  /** Series of one result only. */
  alone: string[];
}

/** All that both have; call `differences()` before. */
export function compare(a: Result, b: Result): Comparison {
  const random = seeded(a.seed ^ b.seed);
  const rows = a.series.flatMap((before): Row[] => {
    const after = findSeries(b, before);
    if (!after || isAgain(before)) return [];
    const estimate = ratioBetweenRuns(after.rounds, before.rounds, random, CONFIDENCE);
    const noise = noiseFor(a, b, before.section);
    return [
      {
        name: nameOf(before),
        unit: before.unit,
        before: median(before.rounds.flat()),
        after: median(after.rounds.flat()),
        ...estimate,
        noise,
        change:
          Math.min(before.rounds.length, after.rounds.length) > 1
            ? changeOf(estimate, noise, UNITS[before.unit].better)
            : 'unknown',
      },
    ];
  });
  const onlyIn = (one: Result, other: Result, which: string) =>
    one.series.filter((each) => !findSeries(other, each)).map((each) => `${nameOf(each)} (only in ${which})`);
  return { rows, alone: [...onlyIn(a, b, 'A'), ...onlyIn(b, a, 'B')] };
}
