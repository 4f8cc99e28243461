/** What sysbench's report says of differences: none where runs say none, and as much as they say. */
import t from 'tap';
import type { Result } from '../../../examples/benchmark/result.ts';
import { timeCondition } from '../../../examples/benchmark/suites/sysbench/comparisons.ts';
import { interpret } from '../../../examples/benchmark/suites/sysbench/interpret.ts';

/** The line about the container, whose runs took so many seconds; native's, measured twice, took 10. */
function said(runs: readonly number[], again: readonly number[] = [9.9, 10, 10.1]): string | undefined {
  const of = (subject: string, seconds: readonly number[]) => ({
    section: 'fileio',
    condition: timeCondition,
    subject,
    unit: 's',
    rounds: seconds.map((each) => [each]),
  });
  const series = [of('native', [9.8, 10, 10.2]), of('native again', again), of('cofferdam', runs)];
  return interpret({ series, timelines: [] } as unknown as Result).find((line) => line.includes('cofferdam'));
}

t.match(
  said([10, 10.1, 10.3]),
  /^fileio, cofferdam: no difference beyond noise \(\+1\.0 %\): no difference is to be expected/,
);
t.match(
  said([10.4, 10.5, 10.6], [10.4, 10.6, 10.8]),
  /no difference beyond noise \(\+5\.0 %\)/,
  'noise is what native differs by',
);
t.match(
  said([10.1, 10.9, 11.5]),
  /: 1\.09 times native’s time by the medians, but single runs overlap \(10\.1 to 11\.5 s, native 9\.80 to 10\.2 s\)/,
);
t.match(said([10.8, 10.9, 11.5]), /: 1\.09 times native’s time: /);
t.match(said([5, 5.1, 5.2]), /: 0\.510 times native’s time: /, 'less is a difference as well');
t.equal(said([]), undefined);
