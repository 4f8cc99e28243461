/** Launches out of Node processes of different sizes. */
import { comparedByHeap, HEAPS_MEMORY, heapCondition, heapsOf, type Pace } from '../../laboratory/heaps.ts';
import { type Bench, type Competitor, compete, type Section } from '../../laboratory/section.ts';
import { APART } from './apart.ts';

async function competitors(bench: Bench, pace: Pace, count: number): Promise<Competitor[]> {
  const names = comparedByHeap(bench.environments);
  const rows = await Promise.all(
    heapsOf(bench).map(async (heap) => {
      const worker = await bench.worker(heap);
      return names.map((name) => ({
        condition: heapCondition(heap, pace),
        subject: name,
        measure: async () => (await worker.launches(name)({ count, atOnce: 1 })).samples,
      }));
    }),
  );
  return rows.flat();
}

export const heap: Section = {
  name: 'heap',
  about: 'launches from Node processes with 1 GiB of objects and of Buffers',
  memory: HEAPS_MEMORY,
  seconds: ({ rounds, batch, objects }) => (objects ? 20 : 8) + (rounds + 1) * (batch * 0.15 + 0.65),
  async run(bench) {
    const { rounds, batch } = bench.size;
    const { context } = bench;
    const together = await competitors(bench, 'back to back', batch);
    const single = await competitors(bench, 'apart', 1);
    return {
      series: [
        ...(await compete(context, { section: this.name, rounds, competitors: together })),
        ...(await compete(context, { section: this.name, rounds, pause: APART, competitors: single })),
      ],
    };
  },
};
