/**
 * Single launches with pauses between, as a user has them who starts a container now and then. Back to back, waits for
 * RCU grace periods hide behind each other; here each launch has its own.
 */
import { compete, everybodyTwice, type Section } from './section.ts';

/** Milliseconds between the end of a launch and the next. */
export const APART = 60;

/** A round is but one launch of each. */
const TIMES = 3;

export const apart: Section = {
  name: 'apart',
  about: `single launches, ${APART} ms apart`,
  seconds: ({ rounds }) => rounds * TIMES * 0.6,
  async run(bench) {
    const competitors = (await everybodyTwice(bench)).map(({ subject, launches }) => ({
      condition: '',
      subject,
      measure: async () => (await launches({ count: 1, atOnce: 1 })).samples,
    }));
    return { series: await compete(bench, this.name, bench.size.rounds * TIMES, competitors, APART) };
  },
};
