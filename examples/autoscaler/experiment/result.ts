/** What an experiment leaves: result.json has this shape. */

import type { Machine } from '../../benchmark/machine.ts';
import type { Snapshot } from '../control/controller.ts';
import type { Entry } from '../control/journal.ts';
import type { LoadResult } from '../load/recorder.ts';
import type { Settings } from '../settings.ts';
import type { Fault } from './scenarios.ts';

/** One question to a run, and the answer. */
export interface Check {
  name: string;
  expected: string;
  got: string;
  ok: boolean;
}

/** How long a replica took from the decision until it served. */
export interface Readiness {
  replica: string;
  warm: boolean;
  /** Milliseconds until the balancer gave it requests, and until its first answer was there at the client. */
  serving: number;
  answered: number | undefined;
}

export interface RunResult {
  /** What it is among several. */
  label: string;
  settings: Settings;
  /** When the load began, milliseconds since 1970. */
  began: number;
  load: LoadResult;
  /** Two a second. */
  samples: Snapshot[];
  /** What the policy saw, look by look: milliseconds since the load began, replicas, requests so far, in hand, queued. */
  trace: [time: number, replicas: number, requests: number, current: number, queued: number][];
  journal: Entry[];
  readiness: Readiness[];
  faults: Fault[];
  /** Seconds of the load at which it changes. */
  changes: readonly number[];
  /** Of the controller: share of one CPU, looks a second, and the longest time between two, milliseconds. */
  controller: { cpu: number; ticks: number; longest: number };
  /** Seconds of replicas that served, and that waited in the pool, from the beginning of the load to its end. */
  containerSeconds: { serving: number; warm: number };
  checks: Check[];
}

export interface ExperimentResult {
  experiment: string;
  /** Of this shape. */
  format: 1;
  /** Requests that failed, in all runs that are to have none. */
  failed: number;
  ok: boolean;
  began: string;
  duration: number;
  seed: number;
  /** Seconds. */
  deadline: number;
  machine: Machine;
  versions: Record<string, string>;
  runs: RunResult[];
}
