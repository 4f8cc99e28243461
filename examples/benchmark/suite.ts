/** What the harness knows of a suite. */
import type { ProgramName } from './environments/programs.ts';
import type { Random } from './random.ts';
import type { Plot } from './report/plots/plot.ts';
import type { Findings, Result, SeriesName } from './result.ts';

/** How much is to be measured, from the command line. */
export interface Choice {
  readonly quick: boolean;
  /** Rounds of everything compared; undefined: the suite's own number. */
  readonly runs: number | undefined;
}

/** A ratio of medians, or with `under` missing a median. */
export interface Comparison {
  readonly text: string;
  readonly over: SeriesName;
  readonly under?: SeriesName;
  /** At most, or at least, to be content. */
  readonly atMost?: number;
  readonly atLeast?: number;
  /** It stands at the top of the report: this is what the suite is for. */
  readonly headline?: true;
}

/** What a suite is run with. */
export interface Context extends Choice {
  /** As every run with this seed has it: an order in one part does not depend on the others. */
  random(): Random;
  readonly seed: number;
  /** Aborted by the user: nothing more is begun. */
  readonly signal: AbortSignal;
  /** A directory on a disk, private to this run, taken away at its end. */
  readonly scratch: string;
  /** A directory on a disk for what is dear to make and serves later runs, too. */
  readonly cache: string;
  /** Which of the suite's programs are here. */
  readonly present: ReadonlySet<ProgramName>;
  /** How far a part is. */
  progress(part: string, done: number, all: number): void;
  /** Something that a reader has to know of the conditions. */
  note(text: string): void;
  /** Something that is not measured. */
  lacks(name: string, reason: string): void;
  /** A command that is run, for the report. */
  command(about: string, line: string): void;
}

export interface Suite {
  readonly name: string;
  /** One line, for lists. */
  readonly about: string;
  /** What stands over the report. */
  readonly title: string;
  /** Nothing is measured without them. */
  readonly programs: readonly ProgramName[];
  /** What is compared with; a missing one is told, and does not fail. */
  readonly peers: readonly ProgramName[];
  /** Roughly how long it takes on a machine of two CPUs, with peers, without what is made only once. */
  seconds(choice: Choice): number;
  /** What is made once, and how long that takes: 'a Debian image, 5 min'. */
  readonly once?: string;
  /** Bytes that must be free below the cache. */
  disk?(choice: Choice): number;
  /** Bytes that must be available. */
  memory?(choice: Choice): number;
  run(context: Context): Promise<Findings>;
  readonly comparisons: readonly Comparison[];
  /** How it was measured, and why so: for the report. */
  readonly method: readonly string[];
  /** What the figures mean, out of the figures. */
  interpret?(result: Result): string[];
  /** The first stands beside the summary. */
  plots(result: Result): Plot[];
}
