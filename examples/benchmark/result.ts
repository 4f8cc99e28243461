/** What a run of the benchmark leaves: every sample, and what they were taken on. This is the JSON file's shape. */
import type { Machine } from './machine.ts';
import type { Rounds } from './statistics.ts';
import type { Unit } from './units.ts';

/** Of this shape; another one cannot be compared. */
export const FORMAT = 2;

/** Samples of one subject under one condition. */
export interface Series {
  /** Part of the suite: 'back to back', 'fileio'. */
  section: string;
  /** What was varied inside the section: '8 at once', '1 GiB of Buffers'. Empty when nothing was. */
  condition: string;
  /** Who: 'cofferdam', 'crun', 'native'; 'cofferdam again' is the same a second time, which shows the noise. */
  subject: string;
  unit: Unit;
  rounds: Rounds;
}

/** One step of something that was measured, in each of many times: of a launch, of a boot. */
export interface Cost {
  /** What the steps are of: 'launch, apart', 'boot: IDE disk'. */
  of: string;
  /** What was done, without names that differ from time to time. */
  text: string;
  /** Its kind; several rows may have the same. */
  operation: string;
  /** Microseconds. */
  samples: readonly number[];
}

/** Something measured once a second while the suite ran, on the host. */
export interface Timeline {
  /** What ran meanwhile: 'fileio, cofferdam, round 2'. */
  during: string;
  /** Seconds from the begin of that to each sample. */
  seconds: readonly number[];
  /** 'CPU user' … and its samples. */
  values: Readonly<Record<string, readonly number[]>>;
}

/** A command as it was run, to be run again by hand. */
export interface Command {
  about: string;
  line: string;
}

/** Something that was not measured, and why. */
export interface Missing {
  name: string;
  reason: string;
}

export interface Findings {
  series: Series[];
  costs?: Cost[];
  timelines?: Timeline[];
}

export interface Result {
  suite: string;
  format: typeof FORMAT;
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
  commands: readonly Command[];
  series: readonly Series[];
  costs: readonly Cost[];
  timelines: readonly Timeline[];
}

/** Which series, by what they are of. */
export type SeriesName = Pick<Series, 'section' | 'condition' | 'subject'>;

export const isSame = (a: SeriesName, b: SeriesName): boolean =>
  a.section === b.section && a.condition === b.condition && a.subject === b.subject;

export const findSeries = (result: Pick<Result, 'series'>, name: SeriesName): Series | undefined =>
  result.series.find((each) => isSame(each, name));

/** A subject a second time: the difference between the two is noise. */
export const again = (subject: string): string => `${subject} again`;
const AGAIN = / again$/;
export const isAgain = ({ subject }: Pick<Series, 'subject'>): boolean => AGAIN.test(subject);

/** What a series is of, in one line. */
export const nameOf = ({ section, condition, subject }: SeriesName): string =>
  [section, condition, subject].filter(Boolean).join(': ');

/** Six digits that count: a hundred nanoseconds of a launch; more would be three times the size, and noise. */
const exact = (value: unknown): unknown =>
  typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(6)) : value;

/** The file's text. */
export const resultText = (result: Result): string => `${JSON.stringify(result, (_, value) => exact(value))}\n`;
