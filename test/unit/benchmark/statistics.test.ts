import t from 'tap';
import { seeded } from '../../../examples/benchmark/random.ts';
import {
  fences,
  mean,
  meanOf,
  median,
  outliers,
  quantile,
  ratioBetweenRuns,
  ratioOfMedians,
  standardDeviation,
  summarize,
} from '../../../examples/benchmark/statistics.ts';

t.test('quantiles lie between samples', (t) => {
  t.equal(median([3, 1, 2]), 2);
  t.equal(median([4, 1, 2, 3]), 2.5);
  t.equal(quantile([10, 20, 30, 40, 50], 0.25), 20);
  t.equal(quantile([10, 20], 0.9), 19);
  t.equal(quantile([7], 0.99), 7);
  t.ok(Number.isNaN(median([])));
  t.equal(mean([1, 2, 6]), 3);
  t.end();
});

t.test('samples stay as they are', (t) => {
  const samples = [3, 1, 2];
  quantile(samples, 0.5);
  t.same(samples, [3, 1, 2]);
  t.end();
});

t.test('a summary is of all rounds', (t) => {
  const summary = summarize([[1, 2], [3], [4, 5]]);
  t.match(summary, { count: 5, least: 1, median: 3, p90: 4.6, p99: 4.96, most: 5, mean: 3, outliers: 0 });
  t.ok(Math.abs(summary.deviation - Math.sqrt(2.5)) < 1e-12);
  t.end();
});

t.test('spread', (t) => {
  t.equal(standardDeviation([2, 4, 4, 4, 5, 5, 7, 9]).toFixed(3), '2.138');
  t.ok(Number.isNaN(standardDeviation([1])));
  t.end();
});

t.test('outliers are beyond three times the distance of the quartiles, and stay in all figures', (t) => {
  const samples = [10, 11, 12, 13, 14, 100, -50];
  t.same(fences([10, 11, 12, 13, 14]), { low: 5, high: 19 });
  t.same(outliers(samples), [100, -50]);
  t.equal(summarize([samples]).count, 7);
  t.equal(summarize([samples]).most, 100);
  t.end();
});

t.test('a mean lies within its interval, which is wider when rounds differ', (t) => {
  const narrow = meanOf(
    [
      [5, 5],
      [5, 5],
      [5, 5],
    ],
    seeded(1),
  );
  t.same(narrow, { value: 5, low: 5, high: 5 });
  const wide = meanOf([[1], [5], [9], [5]], seeded(1));
  t.ok(wide.low < wide.value && wide.value < wide.high);
  t.end();
});

t.test('two runs have rounds of their own: a machine that is slow for a while widens the interval', (t) => {
  const slow = [1, 5, 1, 4, 9, 1, 2, 8].map((factor) => [factor, factor]);
  const { value, low, high } = ratioBetweenRuns(slow, slow, seeded(7), 0.99);
  t.equal(value, 1);
  t.ok(low < 0.7 && high > 1.4, `${low} to ${high}`);
  t.end();
});

t.test('the ratio of constants is exact', (t) => {
  const twice = ratioOfMedians([[2], [2], [2]], [[1], [1], [1]], seeded(1));
  t.same(twice, { value: 2, low: 2, high: 2 });
  t.end();
});

t.test('rounds are drawn together: a machine that is slow for a while does not widen the interval', (t) => {
  const slow = [1, 5, 1, 4, 9, 1, 2, 8];
  const over = slow.map((factor) => [3 * factor, 3 * factor]);
  const under = slow.map((factor) => [factor, factor]);
  t.same(ratioOfMedians(over, under, seeded(7)), { value: 3, low: 3, high: 3 });
  t.end();
});

t.test('the interval holds the true ratio about as often as it says', (t) => {
  const random = seeded(42);
  const draw = (scale: number) =>
    Array.from({ length: 20 }, () => Array.from({ length: 5 }, () => scale * (1 + random.next())));
  let held = 0;
  const trials = 100;
  for (let trial = 0; trial < trials; trial++) {
    const { low, high } = ratioOfMedians(draw(2), draw(1), random, 200);
    if (low <= 2 && 2 <= high) held++;
  }
  t.ok(held >= 85, `${held} of ${trials}`);
  t.end();
});

t.test('the same seed gives the same numbers, another one others', (t) => {
  const some = (seed: number) => {
    const random = seeded(seed);
    return Array.from({ length: 5 }, () => random.next());
  };
  t.same(some(5), some(5));
  t.notSame(some(5), some(6));
  t.ok(some(0).every((each) => each >= 0 && each < 1));
  t.notSame(new Set(some(0)).size, 1);
  t.end();
});

t.test('shuffling keeps everything, and every order comes', (t) => {
  const random = seeded(3);
  const orders = new Set<string>();
  for (let i = 0; i < 200; i++) orders.add(random.shuffled(['a', 'b', 'c']).join(''));
  t.same([...orders].sort(), ['abc', 'acb', 'bac', 'bca', 'cab', 'cba']);
  t.end();
});
