/** Launches while other containers live. */
import { besideOthers, LEVELS_MEMORY } from '../../laboratory/levels.ts';
import { everybody, type Section } from '../../laboratory/section.ts';

export const alive: Section = {
  name: 'alive',
  about: 'launches beside 0, 100 and 500 containers',
  memory: LEVELS_MEMORY,
  seconds: ({ rounds, batch, alive: levels }) =>
    levels.length * (rounds + 1) * (batch * 0.008 + 0.08) + levels.reduce((sum, count) => sum + count * 0.02, 0),
  async run(bench) {
    const { batch } = bench.size;
    const compared = (await everybody(bench)).filter(({ subject }) => subject === 'floor' || subject === 'cofferdam');
    return besideOthers(bench, this.name, 0, (condition) =>
      compared.map(({ subject, launches }) => ({
        condition,
        subject,
        measure: async () => (await launches({ count: batch, atOnce: 1 })).samples,
      })),
    );
  },
};
