/**
 * Target tracking, by the formula of Kubernetes' horizontal pod autoscaler: desired = ceil(replicas × metric / target), nothing
 * within the tolerance around 1, and down no further than the most that was wanted within the stabilisation window.
 */
import { arrivalRate, backlog, type Demand, load, NO_DEMAND, observe } from './demand.ts';
import { settle, stabilise } from './stabilise.ts';
import { describe } from './threshold.ts';
import { type Policy, within } from './types.ts';
import type { Series } from './window.ts';

export interface TargetOptions {
  /** Load that a replica should have, 0 to 1. */
  target: number;
  /** How far the ratio of metric and target may be from 1. */
  tolerance: number;
  /** Milliseconds. */
  stabilisation: number;
}

interface State {
  demand: Demand;
  wanted: Series;
  desired: number | undefined;
}

const PRESETS: TargetOptions = { target: 0.7, tolerance: 0.1, stabilisation: 3000 };
/** Milliseconds over which arrivals are counted. */
const SHORT = 1000;
const LONG = 2500;
const MARGIN = 0.15;

export function target(options: Partial<TargetOptions> = {}): Policy<State> {
  const { target: goal, tolerance, stabilisation } = { ...PRESETS, ...options };
  return {
    name: 'target',
    summary: `the HPA's formula: load ${goal} of each replica, tolerance ${tolerance}, stabilised over ${stabilisation / 1000} s`,
    start: () => ({ demand: NO_DEMAND, wanted: [], desired: undefined }),
    decide(sample, capacity, state) {
      const demand = observe(state.demand, sample);
      const before = within(capacity, state.desired ?? sample.replicas);
      const queue = backlog(sample, capacity);
      // A rise is answered at once; whether it is a fall takes a longer look.
      const rising = load(demand, capacity, SHORT) + queue;
      const busy = rising / before > goal ? rising : Math.max(rising, load(demand, capacity, LONG) + queue);
      const metric = busy / before;
      const ratio = metric / goal;
      const raw = Math.abs(ratio - 1) <= tolerance ? before : settle(before * ratio, before, MARGIN);
      const { desired, wanted } = stabilise(state.wanted, sample.time, within(capacity, raw), stabilisation, before);
      const told = describe(sample, arrivalRate(demand, SHORT), before);
      return {
        desired,
        reason: `load ${metric.toFixed(2)} of target ${goal}: ceil(${before} × ${ratio.toFixed(2)}) = ${raw}; ${told}`,
        state: { demand, wanted, desired },
      };
    },
  };
}
