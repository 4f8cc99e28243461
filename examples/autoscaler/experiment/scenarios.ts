/** The experiments: what load they are, and what is done to the system meanwhile. */
import { constant, ramp, type Shape, sine, spike, step } from '../load/shapes.ts';

/** What is done during a load. */
export interface Fault {
  /** Seconds since its beginning. */
  time: number;
  /** SIGKILL of a replica that serves, SIGSTOP of one, SIGKILL of the controller, which is then started again. */
  what: 'kill' | 'hang' | 'controller';
}

export interface Scenario {
  name: string;
  summary: string;
  /** Presets: seconds, and requests a second. */
  duration: number;
  low: number;
  high: number;
  shape(duration: number, low: number, high: number): Shape;
  faults(duration: number): Fault[];
  /** Runs of it, one after the other: what differs in each. */
  variants: readonly Variant[];
}

export interface Variant {
  label: string;
  policy?: string;
  pool?: number;
}

const noFaults = (): Fault[] => [];
const ONCE: readonly Variant[] = [{ label: '' }];

/** One fault in every so many seconds, kills mostly; they begin when the replicas have settled. */
function kills(duration: number): Fault[] {
  const kinds: Fault['what'][] = ['kill', 'kill', 'hang', 'kill', 'controller', 'kill'];
  const [from, until] = [duration * 0.2, duration * 0.9];
  return kinds.map((what, i) => ({ what, time: from + ((until - from) * i) / kinds.length }));
}

export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'step',
    summary: 'the load steps up and down again',
    duration: 50,
    low: 30,
    high: 200,
    shape: step,
    faults: noFaults,
    variants: ONCE,
  },
  {
    name: 'ramp',
    summary: 'the load rises steadily and falls again',
    duration: 60,
    low: 30,
    high: 200,
    shape: ramp,
    faults: noFaults,
    variants: ONCE,
  },
  {
    name: 'spike',
    summary: 'ten times the load at once, for a short time',
    duration: 48,
    low: 20,
    high: 200,
    shape: spike,
    faults: noFaults,
    variants: ONCE,
  },
  {
    name: 'sine',
    summary: 'three waves',
    duration: 75,
    low: 30,
    high: 200,
    shape: (duration, low, high) => sine(duration, low, high, duration / 3),
    faults: noFaults,
    variants: ONCE,
  },
  {
    name: 'kill',
    summary: 'replicas are killed or hang, and the controller is killed, under a constant load',
    duration: 45,
    low: 0,
    high: 110,
    shape: (duration, _low, high) => constant(duration, high),
    faults: kills,
    variants: ONCE,
  },
  {
    name: 'compare',
    summary:
      'the policies on the same arrivals, against fixed numbers of replicas, and a cold start against the warm pool',
    duration: 30,
    low: 30,
    // Without a pool all new replicas start at once: as many as two CPUs can start in half a second.
    high: 120,
    shape: (duration, low, high) => step(duration, low, high),
    faults: noFaults,
    variants: [
      { label: 'threshold', policy: 'threshold' },
      { label: 'target', policy: 'target' },
      { label: 'concurrency', policy: 'concurrency' },
      { label: 'predictive', policy: 'predictive' },
      { label: 'target, no pool', policy: 'target', pool: 0 },
      { label: '2 fixed', policy: 'fixed-2', pool: 0 },
      { label: '5 fixed', policy: 'fixed-5', pool: 0 },
    ],
  },
];

export const EXPERIMENT_NAMES: readonly string[] = SCENARIOS.map(({ name }) => name);
