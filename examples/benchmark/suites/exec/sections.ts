/** A further process in a container that runs, from the call to its result: in every situation in which launches are measured. */
import { comparedByHeap, HEAP_NAMES, HEAPS_MEMORY } from '../../laboratory/heaps.ts';
import { withHeld } from '../../laboratory/held.ts';
import { besideOthers, LEVELS_MEMORY } from '../../laboratory/levels.ts';
import { batchOf, type Competitor, compete, isSlow, type Section } from '../../laboratory/section.ts';
import { again, type Series } from '../../result.ts';
import { APART } from '../launch/apart.ts';
import { atOnceCondition } from '../launch/at-once.ts';

/** One after the other, and single ones with pauses: see launch/apart.ts. */
export const paces: Section = {
  name: 'exec',
  about: 'back to back and apart',
  seconds: ({ rounds, batch }) => 5 + (rounds + 1) * (batch * 0.2 + 2 * 0.8),
  async run(bench) {
    const { rounds, batch } = bench.size;
    const worker = await bench.worker('small');
    return withHeld(bench, worker, bench.able('exec'), async ({ execs }) => {
      const twice = execs
        .filter(({ subject }) => subject === 'cofferdam')
        .map(({ subject, launches }) => ({ subject: again(subject), launches }));
      const competitors = (condition: string, count: (subject: string) => number): Competitor[] =>
        [...execs, ...twice].map(({ subject, launches }) => ({
          condition,
          subject,
          measure: async () => (await launches({ count: count(subject), atOnce: 1 })).samples,
        }));
      const loop = competitors('back to back', (subject) => batchOf(subject, batch));
      const single = competitors('apart', () => 1);
      return {
        series: [
          ...(await compete(bench.context, { section: this.name, rounds, competitors: loop })),
          ...(await compete(bench.context, {
            section: this.name,
            rounds: rounds * 2,
            pause: APART,
            competitors: single,
          })),
        ],
      };
    });
  },
};

export const execsAtOnce: Section = {
  name: 'at once',
  about: '2, 8 and 32 at once into one container',
  seconds: ({ rounds, burst, atOnce }) => 5 + (Math.ceil(rounds / 4) + 1) * burst * atOnce.length * 0.035,
  async run(bench) {
    const { rounds, burst, atOnce } = bench.size;
    const worker = await bench.worker('small');
    return withHeld(bench, worker, bench.able('exec'), async ({ execs }) => {
      const competitors = execs
        .filter(({ subject }) => !isSlow(subject))
        .flatMap(({ subject, launches }) =>
          atOnce.map((level) => ({
            condition: atOnceCondition(level),
            subject,
            measure: async () => [(await launches({ count: burst, atOnce: level })).total / burst],
          })),
        );
      const times = Math.max(2, Math.ceil(rounds / 4));
      return { series: await compete(bench.context, { section: this.name, rounds: times, competitors }) };
    });
  },
};

export const execsBesideOthers: Section = {
  name: 'alive',
  about: 'beside 0, 100 and 500 containers',
  memory: LEVELS_MEMORY,
  seconds: ({ rounds, batch, alive: levels }) =>
    levels.length * (rounds + 1) * (batch * 0.004 + 0.04) + levels.reduce((sum, count) => sum + count * 0.02, 0),
  async run(bench) {
    const { batch } = bench.size;
    const worker = await bench.worker('small');
    return besideOthers(bench, this.name, 1, (condition) => [
      {
        condition,
        subject: 'cofferdam',
        measure: async () => (await worker.execs('cofferdam')({ count: batch, atOnce: 1 })).samples,
      },
    ]);
  },
};

export const execsByHeap: Section = {
  name: 'heap',
  about: 'from a Node process with 1 GiB of Buffers',
  memory: HEAPS_MEMORY / 2,
  seconds: ({ rounds, batch }) => 5 + (rounds + 1) * (batch * 0.07 + 0.16),
  async run(bench) {
    const { rounds, batch } = bench.size;
    const heaps = ['small', 'buffers'] as const;
    const names = comparedByHeap(bench.able('exec'));
    const series: Series[] = [];
    const workers = await Promise.all(heaps.map((heap) => bench.worker(heap)));
    // Both processes hold their containers at the same time: what is compared must take turns.
    const competitors: Competitor[] = [];
    const measure = async (index: number): Promise<void> => {
      const worker = workers[index];
      const heap = heaps[index];
      if (!worker || !heap) {
        series.push(...(await compete(bench.context, { section: this.name, rounds, competitors })));
        return;
      }
      await withHeld(bench, worker, names, async ({ execs }) => {
        for (const { subject, launches } of execs.filter(({ subject }) => subject !== 'floor'))
          competitors.push({
            condition: HEAP_NAMES[heap],
            subject,
            measure: async () => (await launches({ count: batch, atOnce: 1 })).samples,
          });
        await measure(index + 1);
      });
    };
    await measure(0);
    return { series };
  },
};
