/** Several at once: the time of a whole burst, for each of its launches. A thousand milliseconds through it are launches a second. */
import { compete, everybody, isSlow, type Section } from '../../laboratory/section.ts';

export const atOnceCondition = (atOnce: number): string => `${atOnce} at once`;

export const atOnce: Section = {
  name: 'at once',
  about: '2, 8 and 32 launches at once',
  seconds: ({ rounds, burst, atOnce }) => (Math.ceil(rounds / 4) + 1) * burst * atOnce.length * 0.05,
  async run(bench) {
    const { rounds, burst, atOnce: levels } = bench.size;
    // An engine's burst takes half a minute; its launches one by one say enough.
    const all = (await everybody(bench)).filter(({ subject }) => !isSlow(subject));
    const competitors = all.flatMap(({ subject, launches }) =>
      levels.map((level) => ({
        condition: atOnceCondition(level),
        subject,
        measure: async () => [(await launches({ count: burst, atOnce: level })).total / burst],
      })),
    );
    return {
      series: await compete(bench.context, {
        section: this.name,
        rounds: Math.max(2, Math.ceil(rounds / 4)),
        competitors,
      }),
    };
  },
};
