/** Policies: on traces of real runs, in the simulator, and by their own rules. */
import { readdirSync, readFileSync } from 'node:fs';
import t from 'tap';
import { constant, ramp, type Shape, sine, spike, step } from '../../../examples/autoscaler/load/shapes.ts';
import { forecast, NOTHING_SEEN, smooth } from '../../../examples/autoscaler/policy/holt-winters.ts';
import { POLICY_NAMES, policyOf } from '../../../examples/autoscaler/policy/index.ts';
import { settle, stabilise } from '../../../examples/autoscaler/policy/stabilise.ts';
import type { AnyPolicy, Sample } from '../../../examples/autoscaler/policy/types.ts';
import { append, rateOf } from '../../../examples/autoscaler/policy/window.ts';
import { simulate, turns } from '../../../examples/autoscaler/simulate/simulator.ts';
import { seeded } from '../../../examples/benchmark/random.ts';

const capacity = { rate: 40, min: 2, max: 8 };
const policy = (name: string): AnyPolicy => policyOf(name) as AnyPolicy;

/** What a policy wants at each sample. */
function decisions(name: string, samples: readonly Sample[], of = capacity): number[] {
  const { start, decide } = policy(name);
  let state = start();
  return samples.map((sample) => {
    const verdict = decide(sample, of, state);
    state = verdict.state;
    return verdict.desired;
  });
}

/** Ten samples a second of a constant load, with what is in hand and waits. */
function steady(seconds: number, rate: number, replicas: number, queued = 0): Sample[] {
  return Array.from({ length: seconds * 10 }, (_, i) => ({
    time: i * 100,
    replicas,
    requests: Math.round((i * rate) / 10),
    current: Math.min(replicas, rate / 20),
    queued,
  }));
}

const SHAPES: Readonly<Record<string, Shape>> = {
  step: step(50, 30, 200),
  ramp: ramp(60, 30, 200),
  spike: spike(48, 20, 200),
  sine: sine(75, 30, 200, 25),
  constant: constant(60, 100),
};

for (const name of POLICY_NAMES)
  t.test(`${name}`, async (t) => {
    for (const [shape, load] of Object.entries(SHAPES))
      for (const seed of [1, 2, 3]) {
        const run = simulate({ shape: load, policy: policy(name), capacity, random: seeded(seed) });
        const wanted = [capacity.min, ...run.decisions.map(({ to }) => to)];
        t.equal(run.failed, 0, `${shape}, ${seed}: nothing fails`);
        t.ok(run.longestWait < 2, `${shape}, ${seed}: waits ${run.longestWait.toFixed(2)} s at most`);
        const most = Math.max(1, load.changes.length);
        t.ok(turns(wanted) <= most, `${shape}, ${seed}: ${turns(wanted)} turns in ${wanted.join(' ')}`);
        t.ok(Math.min(...wanted) >= capacity.min && Math.max(...wanted) <= capacity.max);
        t.ok(
          run.decisions.every(({ reason }) => /\d/.test(reason)),
          'each says why, with figures',
        );
      }

    const { decisions: after } = simulate({
      shape: SHAPES.step as Shape,
      policy: policy(name),
      capacity,
      random: seeded(1),
    });
    const fell = 50 * 0.55;
    const last = after.at(-1);
    t.ok(last !== undefined && last.to === capacity.min && last.time - fell < 10, 'back within 10 s of the load going');

    t.equal(decisions(name, steady(5, 0, 2)).at(-1), capacity.min, 'no load: the fewest');
    t.equal(decisions(name, steady(5, 1000, 8, 500)).at(-1), capacity.max, 'too much: the most');
    t.ok((decisions(name, steady(1, 30, 2, 100)).at(-1) ?? 0) > 2, 'a queue alone is a reason to grow');
    const settled = decisions(name, steady(4, 200, 8));
    t.ok(Math.min(...settled.slice(0, 20)) === 8, 'what was found is kept until enough was seen');
  });

t.test('a day takes a second', async (t) => {
  const day: Shape = {
    duration: 86_400,
    rate: (time) => 110 - 90 * Math.cos((2 * Math.PI * time) / 86_400),
    changes: [],
  };
  for (const name of POLICY_NAMES) {
    const run = simulate({ shape: day, policy: policy(name), capacity, tick: 1, random: seeded(1) });
    t.equal(run.failed, 0, name);
    t.equal(run.replicas.length, 86_400);
    t.ok(run.replicaSeconds < 8 * 86_400 * 0.75, `${name}: a quarter less than always the most`);
  }
});

t.test('the simulator: replicas that are too few lose requests, and enough do not', async (t) => {
  const shape = constant(60, 200);
  const few = simulate({ shape, policy: policy('fixed-3'), capacity });
  t.ok(few.failed > 0);
  // What is not served waits up to the deadline: 80 a second too many, but for five seconds' worth of the queue.
  t.ok(Math.abs(few.failed - (60 * 80 - 5 * 120)) < 200, String(few.failed));
  t.equal(simulate({ shape, policy: policy('fixed-6'), capacity }).failed, 0);
});

t.test('the simulator: a pool makes the wait shorter', async (t) => {
  const wait = (pool: number) =>
    simulate({ shape: spike(48, 20, 200), policy: policy('target'), capacity, pool, cold: 3 }).longestWait;
  t.ok(wait(6) < wait(0) / 2, `${wait(6)} ${wait(0)}`);
});

const TRACES = new URL('traces/', import.meta.url);
for (const file of readdirSync(TRACES))
  t.test(`on what was recorded: ${file}`, async (t) => {
    const { sizes, samples } = JSON.parse(readFileSync(new URL(`traces/${file}`, import.meta.url), 'utf8')) as {
      sizes: typeof capacity;
      samples: [number, number, number, number, number][];
    };
    const seen = samples.map(([time, replicas, requests, current, queued]) => ({
      time,
      replicas,
      requests,
      current,
      queued,
    }));
    const peak = Math.max(...seen.map(({ replicas }) => replicas));
    for (const name of POLICY_NAMES) {
      const wanted = decisions(name, seen, sizes);
      t.ok(Math.max(...wanted) >= peak - 2, `${name} grows as that run did: ${Math.max(...wanted)} of ${peak}`);
      t.ok((wanted.at(-1) ?? 0) <= sizes.min + 1, `${name} shrinks at the end`);
      t.ok(turns(wanted) <= 3, `${name} turns ${turns(wanted)} times`);
    }
  });

t.test('threshold: between the lines nothing happens', async (t) => {
  t.strictSame(new Set(decisions('threshold', steady(10, 72, 3))), new Set([3]));
});

t.test('target: within the tolerance nothing happens', async (t) => {
  // 3 replicas of 40 at 0.7 are 84 a second; 5 % more is within the tolerance.
  t.strictSame(new Set(decisions('target', steady(10, 88, 3))), new Set([3]));
  t.equal(decisions('target', steady(10, 120, 3)).at(-1), 5, 'beyond it the formula: 120 by 40 by 0.7');
});

t.test('concurrency: a panic ends when its reason has gone for the stable window', async (t) => {
  const calm = steady(3, 30, 2);
  const wild = Array.from({ length: 5 }, (_, i) => ({
    time: 3000 + i * 100,
    replicas: 2,
    requests: 90 + i * 20,
    current: 16,
    queued: 200,
  }));
  const { start, decide } = policy('concurrency');
  let state = start();
  const reasons = [...calm, ...wild].map((sample) => {
    const verdict = decide(sample, capacity, state);
    state = verdict.state;
    return verdict.reason;
  });
  t.notMatch(reasons[calm.length - 1], /panic/);
  t.match(reasons.at(-1), /^panic/);
});

t.test('fixed', async (t) => {
  t.strictSame(new Set(decisions('fixed-4', steady(3, 500, 4))), new Set([4]));
  t.equal(policyOf('fixed-0'), undefined);
  t.equal(policyOf('nothing'), undefined);
  t.equal(policyOf('toString'), undefined);
});

t.test('Holt-Winters finds level, trend and season', async (t) => {
  const line = { alpha: 0.5, beta: 0.5, gamma: 0, season: 0, damping: 1 };
  let model = NOTHING_SEEN;
  for (let i = 0; i < 50; i++) model = smooth(model, 10 + 3 * i, line);
  t.ok(Math.abs(forecast(model, 5) - (10 + 3 * 54)) < 1, 'a line goes on');

  const wave = (i: number) => 100 + 50 * Math.sin((2 * Math.PI * i) / 12);
  const seasonal = { alpha: 0.3, beta: 0.05, gamma: 0.3, season: 12, damping: 1 };
  model = NOTHING_SEEN;
  for (let i = 0; i < 60; i++) model = smooth(model, wave(i), seasonal);
  t.equal(forecast({ ...NOTHING_SEEN, level: 10, trend: 8, count: 1 }, 3, 0.5), 10 + 4 + 2 + 1, 'damped');
  for (const ahead of [1, 3, 6, 11]) t.ok(Math.abs(forecast(model, ahead) - wave(59 + ahead)) < 8, `${ahead} ahead`);
  t.equal(forecast({ ...NOTHING_SEEN, level: 1, trend: -5, count: 1 }, 3), 0, 'never less than none');
});

t.test('windows and rates', async (t) => {
  let series = append([], 0, 0, 1000);
  for (let time = 100; time <= 5000; time += 100) series = append(series, time, time / 10, 1000);
  t.ok(series.length <= 13, 'the old ones go');
  t.ok(Math.abs(rateOf(series, 1000) - 100) < 1e-9);
  t.equal(rateOf([], 1000), 0);
  t.equal(rateOf([{ time: 1, value: 5 }], 1000), 0);
});

t.test('settle and stabilise', async (t) => {
  t.strictSame([settle(3.2, 3, 0.1), settle(2.95, 4, 0.1), settle(2.5, 4, 0.1), settle(2.9, 3, 0.1)], [4, 4, 3, 3]);
  let { desired, wanted } = stabilise([], 0, 2, 3000, 5);
  t.equal(desired, 5, 'what was there is kept');
  for (let time = 100; time <= 3000; time += 100) ({ desired, wanted } = stabilise(wanted, time, 2, 3000, 5));
  t.equal(desired, 5);
  ({ desired, wanted } = stabilise(wanted, 3200, 2, 3000, 5));
  t.equal(desired, 2);
  t.equal(stabilise(wanted, 3300, 6, 3000, 5).desired, 6, 'up at once');
});

t.test('turns', async (t) => {
  t.strictSame([[], [2], [2, 3, 4], [2, 4, 4, 3, 2], [2, 3, 2, 3]].map(turns), [0, 0, 0, 1, 2]);
});
