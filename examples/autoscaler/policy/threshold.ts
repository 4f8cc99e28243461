/** Rules as most people write them first: above a line one step up, below another one down, and a pause after each. */
import { arrivalRate, backlog, type Demand, load, NO_DEMAND, observe } from './demand.ts';
import { type Policy, type Sample, within } from './types.ts';

export interface ThresholdOptions {
  /** Load of the replicas, 0 to 1, above and below which the rules hold. What lies between is the hysteresis. */
  high: number;
  low: number;
  /** Milliseconds for which a rule must have held. */
  upAfter: number;
  downAfter: number;
  /** Milliseconds after a change in which there is no further one. */
  upPause: number;
  downPause: number;
  /** Most replicas that one change adds. */
  step: number;
}

interface State {
  demand: Demand;
  /** Since when the load has been beyond a line, milliseconds. */
  above: number | undefined;
  below: number | undefined;
  changed: number;
  desired: number | undefined;
}

const PRESETS: ThresholdOptions = {
  high: 0.8,
  low: 0.45,
  upAfter: 200,
  downAfter: 2500,
  upPause: 500,
  downPause: 500,
  step: 3,
};
/** Over which arrivals are counted, milliseconds: short for a rise, long for a fall. */
const SHORT = 1000;
const LONG = 2500;

export function threshold(options: Partial<ThresholdOptions> = {}): Policy<State> {
  const { high, low, upAfter, downAfter, upPause, downPause, step } = { ...PRESETS, ...options };
  return {
    name: 'threshold',
    summary: `above ${high} up, below ${low} down, with a pause after each`,
    start: () => ({ demand: NO_DEMAND, above: undefined, below: undefined, changed: -Infinity, desired: undefined }),
    decide(sample, capacity, state) {
      const demand = observe(state.demand, sample);
      const { time } = sample;
      const before = within(capacity, state.desired ?? sample.replicas);
      const rising = load(demand, capacity, SHORT) + backlog(sample, capacity);
      const falling = Math.max(rising, load(demand, capacity, LONG));
      const share = (busy: number, replicas = before) => busy / Math.max(1, replicas);
      const above = share(rising) > high ? (state.above ?? time) : undefined;
      // One less must not be above the other line at once.
      const isBelow = share(falling) < low || (before > 1 && share(falling, before - 1) < (low + high) / 2);
      const below = isBelow ? (state.below ?? time) : undefined;
      const kept: State = { ...state, demand, above, below, desired: before };
      const told = describe(sample, arrivalRate(demand, SHORT), before);

      if (above !== undefined && time - above >= upAfter && time - state.changed >= upPause) {
        const desired = within(capacity, before + Math.min(step, Math.max(1, Math.ceil(rising / high) - before)));
        if (desired > before)
          return {
            desired,
            reason: `load ${share(rising).toFixed(2)} above ${high} for ${seconds(time - above)}; ${told}`,
            state: { ...kept, desired, changed: time, above: undefined },
          };
      }
      if (below !== undefined && time - below >= downAfter && time - state.changed >= downPause) {
        const desired = within(capacity, before - 1);
        if (desired < before)
          return {
            desired,
            reason: `load ${share(falling).toFixed(2)} low for ${seconds(time - below)}; ${told}`,
            state: { ...kept, desired, changed: time },
          };
      }
      return { desired: before, reason: told, state: kept };
    },
  };
}

const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(1)} s`;

/** The figures that a decision rests on. */
export function describe({ queued, current }: Sample, rate: number, replicas: number): string {
  return `${rate.toFixed(0)} req/s, ${queued} queued, ${current} in hand, ${replicas} wanted so far`;
}
