/** What security costs: launches with the default filter, and in a user namespace of their own, beside those without. */
import { GUARDED } from '../../environments/names.ts';
import { compete, type Section } from '../../laboratory/section.ts';

export const security: Section = {
  name: 'security',
  about: 'launches with seccomp, and with a user namespace',
  seconds: ({ rounds, batch }) => (rounds + 1) * batch * 0.02,
  async run({ context, size, ...bench }) {
    const { rounds, batch } = size;
    const worker = await bench.worker('small');
    const competitors = (['cofferdam', ...GUARDED] as const).map((subject) => ({
      condition: '',
      subject,
      measure: async () => (await worker.launches(subject)({ count: batch, atOnce: 1 })).samples,
    }));
    return { series: await compete(context, { section: this.name, rounds, competitors }) };
  },
};
