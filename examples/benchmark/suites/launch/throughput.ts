/** Several at once: the time of a whole burst, for each of its launches. */
import { compete, everybody, type Section } from './section.ts';

const AT_ONCE = [2, 8] as const;

export const atOnceCondition = (atOnce: number): string => `${atOnce} at once`;

export const throughput: Section = {
  name: 'throughput',
  about: `${AT_ONCE.join(' and ')} launches at once`,
  seconds: ({ rounds, burst }) => Math.ceil(rounds / 2) * burst * 0.14,
  async run(bench) {
    const { rounds, burst } = bench.size;
    const competitors = (await everybody(bench)).flatMap(({ subject, launches }) =>
      AT_ONCE.map((atOnce) => ({
        condition: atOnceCondition(atOnce),
        subject,
        measure: async () => [(await launches({ count: burst, atOnce })).total / burst],
      })),
    );
    return { series: await compete(bench, this.name, Math.ceil(rounds / 2), competitors) };
  },
};
