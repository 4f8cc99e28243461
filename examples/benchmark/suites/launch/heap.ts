/** The same launches out of Node processes of different sizes: fork(2) copies page tables, and holds the event loop meanwhile. */

import { HEAPS, type Heap } from '../../worker/ballast.ts';
import type { EnvironmentName } from '../../worker/protocol.ts';
import { APART } from './apart.ts';
import { type Bench, type Competitor, compete, type Section } from './section.ts';

export const HEAP_NAMES: Readonly<Record<Heap, string>> = {
  small: 'small process',
  objects: '1 GiB of objects',
  buffers: '1 GiB of Buffers',
};

export const heapCondition = (heap: Heap, pace: 'back to back' | 'apart'): string => `${HEAP_NAMES[heap]}, ${pace}`;

/** runc differs from crun in what it does itself, not in what Node does for it. */
const COMPARED: readonly EnvironmentName[] = ['cofferdam', 'crun'];

async function competitors(bench: Bench, pace: 'back to back' | 'apart', count: number): Promise<Competitor[]> {
  const names = COMPARED.filter((name) => bench.environments.includes(name));
  const rows = await Promise.all(
    HEAPS.map(async (heap) => {
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
  memory: 4 * 2 ** 30,
  seconds: ({ rounds, batch }) => 20 + rounds * (batch * 0.15 + 2 * 0.65),
  async run(bench) {
    const { rounds, batch } = bench.size;
    return {
      series: [
        ...(await compete(bench, this.name, rounds, await competitors(bench, 'back to back', batch))),
        ...(await compete(bench, this.name, rounds * 2, await competitors(bench, 'apart', 1), APART)),
      ],
    };
  },
};
