/** The load generator's arithmetic: shapes, arrivals, requests, traces, the recorder. */
import t from 'tap';
import { arrivalTimes } from '../../../examples/autoscaler/load/arrivals.ts';
import { SHAPE_NAMES, shapeOf } from '../../../examples/autoscaler/load/choose.ts';
import { Recorder } from '../../../examples/autoscaler/load/recorder.ts';
import { requestPlan } from '../../../examples/autoscaler/load/requests.ts';
import { constant, formatTrace, parseTrace, spike, step, trace } from '../../../examples/autoscaler/load/shapes.ts';
import { seeded } from '../../../examples/benchmark/random.ts';

const between = (times: Float64Array, from: number, to: number) =>
  times.filter((time) => time >= from * 1000 && time < to * 1000).length;

t.test('even arrivals are as many as the rate says, and evenly apart', async (t) => {
  const times = arrivalTimes(constant(10, 50), 'even', seeded(1));
  t.equal(times.length, 500);
  for (let i = 1; i < times.length; i++) t.ok(Math.abs((times[i] ?? 0) - (times[i - 1] ?? 0) - 20) < 1e-6);
});

t.test('arrivals follow the shape, ascend, and end with it', async (t) => {
  const times = arrivalTimes(step(40, 10, 100), 'poisson', seeded(7));
  t.ok(times.every((time, i) => time >= (times[i - 1] ?? 0) && time < 40_000));
  const [before, high, after] = [between(times, 0, 10), between(times, 10, 22), between(times, 22, 40)];
  // Six standard deviations around 100, 1200 and 180.
  t.ok(
    Math.abs(before - 100) < 60 && Math.abs(high - 1200) < 208 && Math.abs(after - 180) < 81,
    `${before} ${high} ${after}`,
  );
});

t.test('independent arrivals vary as such do', async (t) => {
  const times = arrivalTimes(constant(1000, 20), 'poisson', seeded(3));
  const counts = Array.from({ length: 1000 }, (_, second) => between(times, second, second + 1));
  const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  const variance = counts.reduce((sum, count) => sum + (count - mean) ** 2, 0) / counts.length;
  t.ok(Math.abs(variance / mean - 1) < 0.25, `variance by mean ${variance / mean}`);
});

t.test('the same seed is the same load', async (t) => {
  const once = () => arrivalTimes(spike(20, 10, 100), 'poisson', seeded(5));
  t.strictSame(once(), once());
  t.notSame(once(), arrivalTimes(spike(20, 10, 100), 'poisson', seeded(6)));
  const mix = { writes: 0.3, objects: 5, size: 10 };
  t.strictSame(requestPlan(50, mix, seeded(1)), requestPlan(50, mix, seeded(1)));
});

t.test('a shape for each name, within its bounds', async (t) => {
  for (const name of SHAPE_NAMES.filter((each) => each !== 'trace')) {
    const shape = shapeOf(name, { duration: 60, low: 10, high: 100 });
    for (let time = 0; time < 60; time += 0.25) {
      const rate = shape?.rate(time) ?? Number.NaN;
      t.ok(rate >= 10 - 1e-9 && rate <= 100 + 1e-9, `${name} at ${time}: ${rate}`);
    }
  }
  t.equal(shapeOf('trace', { duration: 1, low: 1, high: 1 }), undefined);
  t.equal(shapeOf('constructor', { duration: 1, low: 1, high: 1 }), undefined);
});

t.test('the mix has its share of writes, and a write has its object', async (t) => {
  const plan = requestPlan(2000, { writes: 0.25, objects: 8, size: 100 }, seeded(2));
  const writes = plan.filter(({ method }) => method === 'PUT');
  t.ok(Math.abs(writes.length - 500) < 120, String(writes.length));
  t.ok(
    writes.every(
      ({ body, path }) => body?.length === 100 && body.toString().startsWith(`object ${path.split('-')[1]} `),
    ),
  );
  t.ok(plan.every(({ method, body }) => method === 'PUT' || body === undefined));
});

t.test('a trace is read, written, and in between as in a straight line', async (t) => {
  const points = parseTrace('seconds,rate\n0,10\n10,20\r\n20,0\n');
  t.strictSame(points, [
    { time: 0, rate: 10 },
    { time: 10, rate: 20 },
    { time: 20, rate: 0 },
  ]);
  t.strictSame(parseTrace(formatTrace(points)), points);
  const { rate, duration } = trace(points);
  t.strictSame([0, 5, 10, 15, 20, 99].map(rate), [10, 15, 20, 10, 0, 0]);
  t.equal(duration, 21);
});

t.test('what is no trace is refused by its line', async (t) => {
  for (const [text, message] of [
    ['', /begins with/],
    ['time,rate\n0,1', /begins with/],
    ['seconds,rate', /no points/],
    ['seconds,rate\n0,1\n1', /line 3/],
    ['seconds,rate\n0,-1', /line 2/],
    ['seconds,rate\n0,1,2', /line 2/],
    ['seconds,rate\n0,', /line 2/],
    ['seconds,rate\n5,1\n5,2', /line 3.*later/],
  ] as const)
    t.throws(() => parseTrace(text), { message }, JSON.stringify(text));
});

t.test('latency counts from the intended time, by percentile and by the second', async (t) => {
  const recorder = new Recorder();
  for (let i = 0; i < 1000; i++) recorder.record(i, i + 2, i + 2 + (i % 100), { kind: 'ok', by: 'r1' });
  recorder.record(500, 501, 5500, { kind: 'deadline', by: undefined });
  recorder.record(1500, 1500, 1510, { kind: 'status 503', by: undefined });
  const { requests, failed, failures, latency, late, seconds, firstServed } = recorder.result();
  t.strictSame([requests, failed, failures], [1002, 2, { deadline: 1, 'status 503': 1 }]);
  for (const [name, expected] of [
    ['p50', 51],
    ['p90', 91],
    ['p99', 100],
    ['p100', 101],
  ] as const)
    t.ok(Math.abs((latency[name] ?? 0) - expected) <= 1 + expected * 0.001, `${name} ${latency[name]}`);
  t.ok(Math.abs((late.p50 ?? 0) - 2) < 0.01);
  t.match(seconds, [
    { time: 0, offered: 1001, failed: 1 },
    { time: 1, offered: 1, failed: 1 },
  ]);
  t.equal(
    seconds.reduce((sum, { served }) => sum + served, 0),
    1000,
  );
  t.strictSame(Object.keys(firstServed), ['r1']);
});
