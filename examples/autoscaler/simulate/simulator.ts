/**
 * A system of replicas in numbers: requests flow in, wait, and are served at the replicas' rate. No clock but its own, so that a
 * day takes a second.
 */
import type { Random } from '../../benchmark/random.ts';
import type { Shape } from '../load/shapes.ts';
import type { AnyPolicy, Capacity } from '../policy/types.ts';

export interface SimulationOptions {
  shape: Shape;
  policy: AnyPolicy;
  capacity: Capacity;
  /** Seconds between decisions. Default 0.1. */
  tick?: number;
  /** Seconds from a decision until a replica serves: from the warm pool, and cold. Default 0.05 and 0.5. */
  warm?: number;
  cold?: number;
  /** Replicas kept warm. Default 2. */
  pool?: number;
  /** Seconds after which a request that waits has failed. Default 5. */
  deadline?: number;
  /** Makes arrivals vary as independent users' do. Default: exactly the rate. */
  random?: Random | undefined;
}

export interface Simulated {
  /** Second by second. */
  replicas: number[];
  queue: number[];
  offered: number;
  failed: number;
  /** Seconds, the longest that a request waited. */
  longestWait: number;
  /** Of all replicas that served. */
  replicaSeconds: number;
  /** Changes of the wanted number: when, to how many, and why. */
  decisions: { time: number; from: number; to: number; reason: string }[];
}

/** A sum of independent arrivals, by Knuth for few and by the normal distribution for many. */
function poisson(mean: number, random: Random): number {
  if (mean > 50) {
    const normal = Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
    return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal));
  }
  const limit = Math.exp(-mean);
  let count = 0;
  for (let product = random.next(); product > limit; product *= random.next()) count++;
  return count;
}

export function simulate(options: SimulationOptions): Simulated {
  const { shape, policy, capacity, tick = 0.1, warm = 0.05, cold = 0.5, pool = 2, deadline = 5, random } = options;
  let state = policy.start();
  let serving = capacity.min;
  let desired = serving;
  /** When replicas that were started will serve. */
  let coming: number[] = [];
  let ready = pool;
  /** When the pool gets its next one. */
  let refill: number | undefined;
  let requests = 0;
  let queue = 0;
  const result: Simulated = {
    replicas: [],
    queue: [],
    offered: 0,
    failed: 0,
    longestWait: 0,
    replicaSeconds: 0,
    decisions: [],
  };

  const ticks = Math.round(shape.duration / tick);
  const perSecond = Math.max(1, Math.round(1 / tick));
  for (let i = 0; i < ticks; i++) {
    const time = i * tick;
    serving += coming.filter((at) => at <= time).length;
    coming = coming.filter((at) => at > time);
    if (refill !== undefined && refill <= time) {
      ready++;
      refill = ready < pool ? time + cold : undefined;
    }

    const expected = shape.rate(time) * tick;
    const arrived = random ? poisson(expected, random) : expected;
    const able = serving * capacity.rate * tick;
    queue = Math.max(0, queue + arrived - able);
    requests += arrived;
    const wait = serving > 0 ? queue / (serving * capacity.rate) : queue > 0 ? Number.POSITIVE_INFINITY : 0;
    result.longestWait = Math.max(result.longestWait, Math.min(wait, deadline));
    if (wait > deadline) {
      // Those at the end of the queue will not be served in time.
      const kept = serving * capacity.rate * deadline;
      result.failed += queue - kept;
      queue = kept;
    }

    const inHand = Math.min(serving, Math.ceil(arrived));
    const sample = { time: time * 1000, replicas: serving, requests, current: inHand, queued: Math.round(queue) };
    const verdict = policy.decide(sample, capacity, state);
    state = verdict.state;
    if (verdict.desired !== desired) {
      result.decisions.push({ time, from: desired, to: verdict.desired, reason: verdict.reason });
      desired = verdict.desired;
    }
    for (let more = desired - serving - coming.length; more > 0; more--) {
      const isWarm = ready > 0;
      if (isWarm) ready--;
      coming.push(time + (isWarm ? warm : cold));
      if (ready < pool) refill ??= time + cold;
    }
    if (desired < serving + coming.length) {
      coming = coming.slice(0, Math.max(0, desired - serving));
      serving = Math.min(serving, desired);
    }

    result.replicaSeconds += serving * tick;
    if (i % perSecond === 0) {
      result.replicas.push(serving);
      result.queue.push(queue);
    }
  }
  result.offered = requests;
  return result;
}

/** How often a series of counts turns: up after down, or down after up. */
export function turns(counts: readonly number[]): number {
  let direction = 0;
  let found = 0;
  counts.forEach((count, i) => {
    const change = Math.sign(count - (counts[i - 1] ?? count));
    if (change !== 0 && direction !== 0 && change !== direction) found++;
    if (change !== 0) direction = change;
  });
  return found;
}
