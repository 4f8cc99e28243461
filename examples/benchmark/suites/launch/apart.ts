/**
 * Single launches with pauses between, as a user has them who starts a container now and then. Back to back, waits for
 * RCU grace periods hide behind each other; here each launch has its own.
 */
import { compete, everybodyTwice, type Section } from '../../laboratory/section.ts';

/** Milliseconds between the end of a launch and the next. */
export const APART = 60;

/** A round is but one launch of each. */
const TIMES = 2;

export const apart: Section = {
  name: 'apart',
  about: `single launches, ${APART} ms apart`,
  seconds: ({ rounds }) => (rounds * TIMES + 1) * 0.9,
  async run(bench) {
    const competitors = (await everybodyTwice(bench)).map(({ subject, launches }) => ({
      condition: '',
      subject,
      measure: async () => (await launches({ count: 1, atOnce: 1 })).samples,
    }));
    const rounds = bench.size.rounds * TIMES;
    return { series: await compete(bench.context, { section: this.name, rounds, pause: APART, competitors }) };
  },
};
