/** Parts of the launch suite, each measured and chosen by itself. */
import type { Timed } from '../../environments/environment.ts';
import { interleave } from '../../interleave.ts';
import type { Random } from '../../random.ts';
import type { Cost, Series } from '../../result.ts';
import type { Heap } from '../../worker/ballast.ts';
import type { Worker } from '../../worker/client.ts';
import type { EnvironmentName } from '../../worker/protocol.ts';
import type { Size } from './size.ts';

/** What a section measures with. */
export interface Bench {
  readonly size: Size;
  readonly random: Random;
  /** Aborted by the user: nothing more is begun. */
  readonly signal: AbortSignal;
  /** Those of Cofferdam, crun and runc that run here. */
  readonly environments: readonly EnvironmentName[];
  /** A Node process with that much memory; started at first use. */
  worker(heap: Heap): Promise<Worker>;
  /** The C program's launches. */
  readonly floor: Timed;
  /** The C program's execs in the container whose first process is `pid`. */
  floorExec(pid: number): { timed: Timed; close(): Promise<void> };
  /** How far the section is, from 0 to 1. */
  progress(done: number, all: number): void;
}

export interface Findings {
  series: Series[];
  costs?: Cost[];
}

export interface Section {
  readonly name: string;
  /** One line for lists. */
  readonly about: string;
  /** Roughly how long it takes on a machine of two CPUs, with peers. */
  seconds(size: Size): number;
  /** Bytes that must be available. */
  readonly memory?: number;
  run(bench: Bench): Promise<Findings>;
}

/** One of those that are compared: what is measured in each of its turns. */
export interface Competitor {
  condition: string;
  subject: string;
  measure(): Promise<number[]>;
}

/** Milliseconds before each turn, for what the turn before left to kernel workers. */
const SETTLE = 40;

/** All competitors in `rounds` rounds of random order. */
export async function compete(
  bench: Bench,
  section: string,
  rounds: number,
  competitors: readonly Competitor[],
  pause = SETTLE,
): Promise<Series[]> {
  const { random, signal } = bench;
  const progress = (done: number, all: number) => bench.progress(done, all);
  const samples = await interleave(competitors, { rounds, random, signal, pause, progress }, (each) => each.measure());
  return competitors.map(({ condition, subject }, index) => ({
    section,
    condition,
    subject,
    rounds: samples[index] ?? [],
  }));
}

/** A subject a second time: the difference between the two is noise. */
export const again = (subject: string): string => `${subject} again`;

/** Somebody who launches. */
export interface Launcher {
  subject: string;
  launches: Timed;
}

/** The C program and everything in the small Node process. */
export async function everybody(bench: Bench): Promise<Launcher[]> {
  const worker = await bench.worker('small');
  return [
    { subject: 'floor', launches: bench.floor },
    ...bench.environments.map((name) => ({ subject: name, launches: worker.launches(name) })),
  ];
}

/** Those and, for the noise, the floor and Cofferdam once more. */
export async function everybodyTwice(bench: Bench): Promise<Launcher[]> {
  const all = await everybody(bench);
  const twice = all.filter(({ subject }) => subject === 'floor' || subject === 'cofferdam');
  return [...all, ...twice.map(({ subject, launches }) => ({ subject: again(subject), launches }))];
}
