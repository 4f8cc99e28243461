/**
 * Predictive: enough for what Holt-Winters smoothing says will come within the horizon, and never less than target tracking
 * wants for what is there. A prediction that is wrong costs a replica for some seconds, and no request.
 */
import { arrivalRate, backlog, type Demand, load, NO_DEMAND, observe } from './demand.ts';
import { forecast, type HoltWinters, type HoltWintersOptions, NOTHING_SEEN, smooth } from './holt-winters.ts';
import { settle, stabilise } from './stabilise.ts';
import { describe } from './threshold.ts';
import { type Policy, within } from './types.ts';
import type { Series } from './window.ts';

export interface PredictiveOptions extends HoltWintersOptions {
  /** Load that a replica should have, 0 to 1. */
  target: number;
  /** Milliseconds between observations. */
  interval: number;
  /** How far it looks ahead, milliseconds. */
  horizon: number;
  /** Milliseconds for which a wish for fewer must have held. */
  stabilisation: number;
}

interface State {
  demand: Demand;
  model: HoltWinters;
  /** Of the last observation. */
  observed: number | undefined;
  wanted: Series;
  desired: number | undefined;
}

const PRESETS: PredictiveOptions = {
  alpha: 0.5,
  beta: 0.2,
  gamma: 0.4,
  season: 0,
  damping: 0.8,
  target: 0.75,
  interval: 500,
  horizon: 2000,
  stabilisation: 3000,
};
/** Milliseconds over which arrivals are counted, of what is there. */
const SHORT = 1000;
const MARGIN = 0.25;

export function predictive(options: Partial<PredictiveOptions> = {}): Policy<State> {
  const all = { ...PRESETS, ...options };
  const { target, interval, horizon, stabilisation, season, damping } = all;
  return {
    name: 'predictive',
    summary: `Holt-Winters smoothing${season > 0 ? ` with a season of ${(season * interval) / 1000} s` : ''}, ${horizon / 1000} s ahead`,
    start: () => ({ demand: NO_DEMAND, model: NOTHING_SEEN, observed: undefined, wanted: [], desired: undefined }),
    decide(sample, capacity, state) {
      const { time } = sample;
      const demand = observe(state.demand, sample);
      const due = state.observed === undefined || time - state.observed >= interval;
      const model = due ? smooth(state.model, arrivalRate(demand, interval), all) : state.model;
      // The most of any moment until then: a dip in between is no reason to be short before it.
      const steps = Math.max(1, Math.round(horizon / interval));
      const ahead = Math.max(...Array.from({ length: steps }, (_, i) => forecast(model, i + 1, damping)));
      const expected = ahead / capacity.rate / target;
      const present = (load(demand, capacity, SHORT) + backlog(sample, capacity)) / target;
      const before = state.desired ?? sample.replicas;
      const raw = settle(Math.max(expected, present), before, MARGIN);
      const { desired, wanted } = stabilise(state.wanted, time, within(capacity, raw), stabilisation, before);
      const told = describe(sample, arrivalRate(demand, SHORT), before);
      return {
        desired,
        reason: `${ahead.toFixed(0)} req/s expected within ${horizon / 1000} s; ${told}`,
        state: { demand, model, observed: due ? time : state.observed, wanted, desired },
      };
    },
  };
}
