/** Parts of the suites that start containers. */
import type { Timed } from '../environments/environment.ts';
import type { FloorProgram } from '../environments/floor.ts';
import type { EnvironmentName } from '../environments/names.ts';
import { interleave } from '../interleave.ts';
import { again, type Cost, type Series } from '../result.ts';
import type { Context } from '../suite.ts';
import type { Unit } from '../units.ts';
import type { Heap } from '../worker/ballast.ts';
import type { Worker } from '../worker/client.ts';
import type { Ability } from '../worker/protocol.ts';
import type { Size } from './size.ts';

/** What a section measures with. */
export interface Bench {
  readonly size: Size;
  readonly context: Context;
  /** Those that run here, Cofferdam first. */
  readonly environments: readonly EnvironmentName[];
  /** Those of them that can do something. */
  able(ability: Ability): readonly EnvironmentName[];
  /** A Node process with that much memory; started at first use. */
  worker(heap: Heap): Promise<Worker>;
  /** The C program's launches. */
  readonly floor: Timed;
  /** The C program with so many containers, each of which runs `command` until that is killed. */
  floorHolding(count: number, command: readonly string[]): FloorProgram;
  /** The C program's execs in the container whose first process is `pid`. */
  floorExec(pid: number): Closable;
  /** Launches as a shell would have them; undefined for what has no command line. */
  shell(name: EnvironmentName): Promise<Timed | undefined>;
}

export interface Closable {
  timed: Timed;
  close(): Promise<void>;
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
  /** Bytes that must be available; the section is left out where they are not. */
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

export interface Contest {
  section: string;
  rounds: number;
  unit?: Unit;
  /** Before each turn, milliseconds. */
  pause?: number;
  competitors: readonly Competitor[];
}

/** All competitors in rounds of random order, after one turn of each that is not counted. */
export async function compete(context: Context, contest: Contest): Promise<Series[]> {
  const { section, rounds, unit = 'ms', pause = SETTLE, competitors } = contest;
  const { signal } = context;
  for (const { measure } of competitors) {
    signal.throwIfAborted();
    await measure();
  }
  const progress = (done: number, all: number) => context.progress(section, done, all);
  const turns = { rounds, random: context.random(), signal, pause, progress };
  const samples = await interleave(competitors, turns, (each) => each.measure());
  return competitors.map(({ condition, subject }, index) => ({
    section,
    condition,
    subject,
    unit,
    rounds: samples[index] ?? [],
  }));
}

/** Somebody who launches. */
export interface Launcher {
  subject: string;
  launches: Timed;
}

/** Engines take a second for what others do in milliseconds: a round has one launch of theirs. */
const SLOW: ReadonlySet<string> = new Set(['podman', 'docker']);
export const batchOf = (subject: string, batch: number): number => (SLOW.has(subject) ? 1 : batch);
export const isSlow = (subject: string): boolean => SLOW.has(subject);

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
