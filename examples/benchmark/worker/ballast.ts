/** What a real Node program has in memory, and what makes fork(2) dear: page tables to copy. */

export const HEAPS = ['small', 'objects', 'buffers'] as const;
export type Heap = (typeof HEAPS)[number];

const SIZE = 2 ** 30;
const CHUNK = 2 ** 20;

interface Thing {
  id: number;
  name: string;
  values: number[];
}

/** Objects as a program has them, until the heap has grown by 1 GiB. */
function objects(): Thing[][] {
  const batches: Thing[][] = [];
  const enough = process.memoryUsage().heapUsed + SIZE;
  while (process.memoryUsage().heapUsed < enough) {
    const first = batches.length * 10_000;
    batches.push(
      Array.from({ length: 10_000 }, (_, i) => ({
        id: first + i,
        name: `thing ${first + i}`,
        values: [i, i / 2, i / 3],
      })),
    );
  }
  return batches;
}

/** Outside of V8's heap, every page touched. */
const buffers = (): Buffer[] => Array.from({ length: SIZE / CHUNK }, () => Buffer.alloc(CHUNK, 1));

const MAKERS: Readonly<Record<Heap, () => unknown>> = { small: () => undefined, objects, buffers };

/** Keeps the collector from taking it. */
const kept: unknown[] = [];

/** Fill this process's memory; it stays so. */
export function takeBallast(heap: Heap): void {
  kept.push(MAKERS[heap]());
}
