/** What the benchmark asks its worker processes, which hold the heaps and start the containers. */
import type { Batch, Timing } from '../environments/environment.ts';
import type { EnvironmentName } from '../environments/names.ts';
import type { Cost } from '../result.ts';
import type { Heap } from './ballast.ts';

/** How long launches keep an event loop from other work, milliseconds. */
export interface Blocking {
  /** For each launch, the calls that start it. */
  held: number[];
  /** For each launch, everything that the loop did for it. */
  busy: number;
  /** Of a timer while many launches run at once; undefined when none were to be. */
  delays?: { p99: number; most: number } | undefined;
}

export interface Traced {
  /** From the call to the result, milliseconds, of each launch. */
  totals: number[];
  /** Each operation, in the program's order. */
  costs: Omit<Cost, 'of'>[];
}

/** Calls, and what each resolves with. */
export interface Calls {
  /** First of all. */
  open(setting: Setting): Facts;
  facts(): Facts;
  launches(environment: EnvironmentName, batch: Batch): Timing;
  execs(environment: EnvironmentName, batch: Batch): Timing;
  /** What it can do beside launches. */
  abilities(environment: EnvironmentName): Ability[];
  /** Its launch as a shell's words, see `Environment.shell`; undefined when it has no command line. */
  shell(environment: EnvironmentName): string[] | undefined;
  /** Copies of a container's files, started; they stay until `release`. */
  clones(environment: EnvironmentName, batch: Batch): Timing;
  /** So many copies of Cofferdam's in one call, and gone again: milliseconds until all run. */
  cloneMany(count: number): number;
  /** One, beside those that are held. */
  cloneOnce(): number;
  /** Milliseconds of listContainers(). */
  list(): number;
  /** Start so many containers that stay; gives their pids. */
  hold(environment: EnvironmentName, count: number): number[];
  release(environment: EnvironmentName): void;
  blocking(environment: EnvironmentName, one: number, atOnce: number): Blocking;
  /** So many launches, milliseconds between them. */
  traces(count: number, pause: number): Traced;
}

export type Ability = 'hold' | 'exec' | 'clone';

export interface Setting {
  heap: Heap;
  rootfs: string;
  /** Existing, private to the run. */
  directory: string;
}

export interface Facts {
  pid: number;
  /** Bytes resident. */
  resident: number;
}

export type Request = { [Name in keyof Calls]: { id: number; call: Name; args: Parameters<Calls[Name]> } }[keyof Calls];
export type Reply = { id: number; value: unknown } | { id: number; error: string };
