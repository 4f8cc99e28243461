/**
 * How much there is to do, in replicas. A replica works at a rate that is limited on purpose: the requests that it has in hand
 * say nothing until it is full. So demand is counted in tokens: those of a second's arrivals, and those of the requests that
 * wait, which are to be gone soon.
 */
import type { Capacity, Sample } from './types.ts';
import { append, rateOf, type Series } from './window.ts';

export interface Demand {
  /** Requests that came in, over time. */
  arrivals: Series;
}

export const NO_DEMAND: Demand = { arrivals: [] };

/** How long arrivals are kept, milliseconds. */
const KEPT = 10_000;
/** In how many seconds a queue is to be gone. */
const PATIENCE = 2;

export const observe = (demand: Demand, { time, requests }: Sample): Demand => ({
  arrivals: append(demand.arrivals, time, requests, KEPT),
});

/** Requests a second over the last `span` milliseconds. */
export const arrivalRate = ({ arrivals }: Demand, span: number): number => rateOf(arrivals, span);

/** Replicas that would be busy all the time with the arrivals. */
export const load = (demand: Demand, capacity: Capacity, span: number): number =>
  arrivalRate(demand, span) / capacity.rate;

/** Replicas that it takes to be rid of the queue in time. What every replica has in hand is no queue. */
export function backlog({ current, queued, replicas }: Sample, capacity: Capacity): number {
  const waiting = queued + Math.max(0, current - replicas);
  return waiting / (capacity.rate * PATIENCE);
}
