/** One launch after the other, as a loop that starts containers has it. */
import { compete, everybodyTwice, type Section } from './section.ts';

export const backToBack: Section = {
  name: 'back-to-back',
  about: 'launches one after the other',
  seconds: ({ rounds, batch }) => rounds * batch * 0.12,
  async run(bench) {
    const { rounds, batch } = bench.size;
    const competitors = (await everybodyTwice(bench)).map(({ subject, launches }) => ({
      condition: '',
      subject,
      measure: async () => (await launches({ count: batch, atOnce: 1 })).samples,
    }));
    return { series: await compete(bench, this.name, rounds, competitors) };
  },
};
