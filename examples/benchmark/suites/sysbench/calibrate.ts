/** How many events make a run as long as it should be. */
import { parseSysbench } from '../../parsers/sysbench.ts';
import type { Choice } from '../../suite.ts';
import type { Place } from './places.ts';
import type { SysbenchTest } from './tests.ts';

/** Seconds: of a run, between 30 and 60 so that the machine's moods even out; and of the trial before it. */
const TARGET = { full: 40, quick: 2.5 } as const;
const TRIAL = { full: 5, quick: 0.7 } as const;

export interface Calibration {
  events: number;
  /** Events a second, in the trial. */
  rate: number;
  /** As it was run. */
  words: string[];
}

/** So many that a run takes the target's time at a rate, in round numbers. */
export function eventsFor(rate: number, seconds: number): number {
  const exact = rate * seconds;
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(exact)) - 1);
  return Math.max(1, Math.round(exact / unit) * unit);
}

/**
 * sysbench 1.0 has two ends, whichever comes first: `--time`, whose default is 10 s, and `--events`. With a time, every run is
 * as long as every other and nothing can be read off its length; so the trial has a time and the runs have events.
 */
export async function calibrate(place: Place, test: SysbenchTest, choice: Choice): Promise<Calibration> {
  const kind = choice.quick ? 'quick' : 'full';
  const words = [...test.words(choice), `--time=${Math.ceil(TRIAL[kind])}`, '--events=0', 'run'];
  const { events, totalTime } = parseSysbench(await place.run(words));
  const rate = events / totalTime;
  return { events: eventsFor(rate, TARGET[kind]), rate, words };
}
