/** One launch after the other, as a loop that starts containers has it. */
import { batchOf, compete, everybodyTwice, type Section } from '../../laboratory/section.ts';

export const backToBack: Section = {
  name: 'back to back',
  about: 'launches one after the other',
  seconds: ({ rounds, batch }) => (rounds + 1) * batch * 0.2,
  async run({ context, size, ...bench }) {
    const { rounds, batch } = size;
    const competitors = (await everybodyTwice({ context, size, ...bench })).map(({ subject, launches }) => ({
      condition: '',
      subject,
      measure: async () => (await launches({ count: batchOf(subject, batch), atOnce: 1 })).samples,
    }));
    return { series: await compete(context, { section: this.name, rounds, competitors }) };
  },
};
