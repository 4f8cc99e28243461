/** What a run of the benchmark leaves: every sample, and what they were taken on. This is the JSON file's shape. */
import type { Machine } from './machine.ts';
import type { Rounds } from './statistics.ts';

/** Milliseconds of one subject under one condition. */
export interface Series {
  /** Part of the suite: 'back-to-back', 'exec'. */
  section: string;
  /** What was varied inside the section: '8 at once', '1 GiB of Buffers'. Empty when nothing was. */
  condition: string;
  /** Who: 'cofferdam', 'crun', 'floor'; 'cofferdam again' is the same a second time, which shows the noise. */
  subject: string;
  rounds: Rounds;
}

/** One step of a launch, in each of many launches. */
export interface Cost {
  /** 'back to back', or 'apart': waits for the kernel's RCU show up only there. */
  pace: string;
  /** What was done, without the container's own name. */
  text: string;
  /** Its operation's name; several rows may have the same. */
  operation: string;
  /** Microseconds. */
  samples: readonly number[];
}

/** Something that was not measured, and why. */
export interface Missing {
  name: string;
  reason: string;
}

export interface Result {
  suite: string;
  /** Of this shape. */
  format: 1;
  begun: string;
  /** Seconds. */
  duration: number;
  options: Readonly<Record<string, unknown>>;
  seed: number;
  machine: Machine;
  versions: Readonly<Record<string, string>>;
  missing: readonly Missing[];
  /** What a reader has to know of the conditions. */
  notes: readonly string[];
  series: readonly Series[];
  costs: readonly Cost[];
}

/** Which series, by what they are of. */
export type SeriesName = Omit<Series, 'rounds'>;

export const findSeries = (result: Pick<Result, 'series'>, name: SeriesName): Series | undefined =>
  result.series.find(
    ({ section, condition, subject }) =>
      section === name.section && condition === name.condition && subject === name.subject,
  );
