/**
 * Concurrency with a panic mode, as Knative's autoscaler does it: requests in the system by a target for each replica, over a
 * long stable window; and when a short window asks for twice of what there is, that one counts, and nothing goes down until it
 * is over. The requests in the system are those that would be in hand if each took as long as its token does to come, and those
 * that wait.
 */
import { arrivalRate, backlog, type Demand, load, NO_DEMAND, observe } from './demand.ts';
import { settle, stabilise } from './stabilise.ts';
import { describe } from './threshold.ts';
import { type Policy, within } from './types.ts';
import { append, average, recent, type Series } from './window.ts';

export interface ConcurrencyOptions {
  /** Requests in the system for each replica. */
  target: number;
  /** Milliseconds. */
  stableWindow: number;
  panicWindow: number;
  /** Panic when the short window wants so many times the replicas that are there. */
  panicThreshold: number;
  /** Milliseconds for which a wish for fewer must have held. */
  scaleDownDelay: number;
}

interface State {
  demand: Demand;
  /** Requests in the system, over time. */
  concurrency: Series;
  wanted: Series;
  /** Since the last time that the panic's reason was there, milliseconds; undefined outside of one. */
  panic: { since: number; most: number } | undefined;
  desired: number | undefined;
}

const PRESETS: ConcurrencyOptions = {
  target: 0.7,
  stableWindow: 3000,
  panicWindow: 300,
  panicThreshold: 2,
  scaleDownDelay: 2000,
};
/** Milliseconds over which arrivals are counted. */
const SHORT = 500;
const MARGIN = 0.2;

export function concurrency(options: Partial<ConcurrencyOptions> = {}): Policy<State> {
  const { target, stableWindow, panicWindow, panicThreshold, scaleDownDelay } = { ...PRESETS, ...options };
  return {
    name: 'concurrency',
    summary: `Knative's: ${target} requests in the system for each replica, panic at ${panicThreshold} times of what there is`,
    start: () => ({ demand: NO_DEMAND, concurrency: [], wanted: [], panic: undefined, desired: undefined }),
    decide(sample, capacity, state) {
      const { time } = sample;
      const demand = observe(state.demand, sample);
      const inSystem = load(demand, capacity, SHORT) + backlog(sample, capacity);
      const series = append(state.concurrency, time, inSystem, stableWindow);
      const stable = average(recent(series, stableWindow)) / target;
      const short = average(recent(series, panicWindow)) / target;
      const there = Math.max(1, sample.replicas);

      const isPanic = Math.ceil(short) >= panicThreshold * there;
      const since = isPanic ? time : state.panic?.since;
      const inPanic = since !== undefined && time - since < stableWindow;
      const peak = Math.max(Math.ceil(short), inPanic ? (state.panic?.most ?? 0) : 0, there);
      const panic = inPanic ? { since, most: peak } : undefined;

      const before = state.desired ?? there;
      const raw = within(capacity, panic ? peak : settle(stable, before, MARGIN));
      const { desired, wanted } = stabilise(state.wanted, time, raw, scaleDownDelay, before);
      const told = describe(sample, arrivalRate(demand, SHORT), before);
      return {
        desired,
        reason: panic
          ? `panic: the last ${panicWindow} ms want ${short.toFixed(1)} replicas, ${there} are there; ${told}`
          : `${(stable * target).toFixed(2)} in the system by ${target}; ${told}`,
        state: { demand, concurrency: series, wanted, panic, desired },
      };
    },
  };
}
