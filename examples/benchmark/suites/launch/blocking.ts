/** What launches take from the event loop of the program that asks for them. */
import type { Series } from '../../result.ts';
import { HEAPS } from '../../worker/ballast.ts';
import type { Blocking } from '../../worker/protocol.ts';
import { HEAP_NAMES } from './heap.ts';
import type { Section } from './section.ts';

/** What is said of each heap and environment, in milliseconds. */
export const BLOCKING = {
  held: 'calls of a launch',
  busy: 'all work for a launch',
  p99: 'delay p99, 200 at once',
} as const;

const ROWS: Readonly<Record<keyof typeof BLOCKING, (blocking: Blocking) => number[]>> = {
  held: ({ held }) => held,
  busy: ({ busy }) => [busy],
  p99: ({ delays }) => [delays.p99],
};

export const blockingCondition = (row: keyof typeof BLOCKING, heap: (typeof COMPARED)[number]): string =>
  `${BLOCKING[row]}, ${HEAP_NAMES[heap]}`;

/** Objects cost fork(2) as much as any other memory; two sizes say it. */
const COMPARED = HEAPS.filter((heap) => heap !== 'objects');

export const blocking: Section = {
  name: 'blocking',
  about: 'how long launches hold the event loop',
  seconds: ({ blocking: { one, atOnce } }) => 8 + (one + atOnce) * 0.2,
  async run(bench) {
    const { one, atOnce } = bench.size.blocking;
    const series: Series[] = [];
    const names = bench.environments.filter((name) => name !== 'runc');
    for (const heap of COMPARED) {
      const worker = await bench.worker(heap);
      for (const name of names) {
        bench.signal.throwIfAborted();
        const found = await worker.call('blocking', name, one, atOnce);
        for (const row of ['held', 'busy', 'p99'] as const)
          series.push({
            section: this.name,
            condition: blockingCondition(row, heap),
            subject: name,
            rounds: [ROWS[row](found)],
          });
        bench.progress(series.length, COMPARED.length * names.length * 3);
      }
    }
    return { series };
  },
};
