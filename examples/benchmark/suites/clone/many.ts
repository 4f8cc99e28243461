/** What only this library does in one call, and what hundreds alive change: starting one more, and listing them. */
import { compete, type Section } from '../../laboratory/section.ts';
import type { Size } from '../../laboratory/size.ts';
import type { Series } from '../../result.ts';

export const MANY = 200;
/** Milliseconds before each sample: back to back hides what the kernel does afterwards. */
const APART = 60;

export const inOneCall: Section = {
  name: 'one call',
  about: `${MANY} copies in one call`,
  seconds: ({ rounds }) => (Math.ceil(rounds / 4) + 1) * 3,
  async run(bench) {
    const worker = await bench.worker('small');
    const competitor = {
      condition: `${MANY} copies`,
      subject: 'cofferdam',
      measure: async () => [await worker.call('cloneMany', MANY)],
    };
    const rounds = Math.max(2, Math.ceil(bench.size.rounds / 4));
    return { series: await compete(bench.context, { section: this.name, rounds, competitors: [competitor] }) };
  },
};

export const levelsOf = ({ alive }: Pick<Size, 'alive'>): number[] => [
  1,
  ...new Set(alive.filter((level) => level > 1)),
];

export const aliveCondition = (what: 'start' | 'list', level: number): string => `${what}, ${level} alive`;

export const amongOthers: Section = {
  name: 'alive',
  about: 'a start and listContainers() with 1, 100 and 500 containers alive',
  memory: 2 ** 30,
  seconds: (size) => levelsOf(size).reduce((sum, level) => sum + level * 0.03 + size.rounds * 0.3, 0),
  async run(bench) {
    const worker = await bench.worker('small');
    const series: Series[] = [];
    let alive = 0;
    try {
      for (const level of levelsOf(bench.size)) {
        await worker.clones('cofferdam')({ count: level - alive, atOnce: 4 });
        alive = level;
        const competitors = (['start', 'list'] as const).map((what) => ({
          condition: aliveCondition(what, level),
          subject: 'cofferdam',
          measure: async () => [await worker.call(what === 'start' ? 'cloneOnce' : 'list')],
        }));
        const { rounds } = bench.size;
        series.push(...(await compete(bench.context, { section: this.name, rounds, pause: APART, competitors })));
      }
    } finally {
      await worker.call('release', 'cofferdam');
    }
    return { series };
  },
};
