/**
 * A policy says how many replicas there should be. It is a pure function: of what was seen and of its own state, which it
 * returns anew. So it can be tested on a recorded trace, and a simulator can run it through a day in a second.
 */

/** What was seen at one tick. */
export interface Sample {
  /** Milliseconds, of any clock that only goes forward. */
  time: number;
  /** Replicas that get requests. */
  replicas: number;
  /** Requests that came in so far: rates are differences of it, over whichever time a policy likes. */
  requests: number;
  /** Requests that replicas have at the moment, and that wait at the balancer for one. */
  current: number;
  queued: number;
}

/** What one replica can do, and how many there may be. */
export interface Capacity {
  /** Requests a second of one replica. */
  rate: number;
  min: number;
  max: number;
}

export interface Verdict<State> {
  desired: number;
  /** Why, for a person: 'load 1.4 of 2 replicas, above 0.75 for 0.4 s'. */
  reason: string;
  state: State;
}

export interface Policy<State> {
  readonly name: string;
  /** One line. */
  readonly summary: string;
  start(): State;
  decide(sample: Sample, capacity: Capacity, state: State): Verdict<State>;
}

// biome-ignore lint/suspicious/noExplicitAny: a table's policies have states of different types
export type AnyPolicy = Policy<any>;

/** Within what there may be. */
export const within = ({ min, max }: Capacity, wanted: number): number => Math.min(max, Math.max(min, wanted));
