/** What launches take from the event loop of the program that asks for them. */
import { HEAP_NAMES } from '../../laboratory/heaps.ts';
import type { Section } from '../../laboratory/section.ts';
import type { Series } from '../../result.ts';
import { HEAPS } from '../../worker/ballast.ts';
import type { Blocking } from '../../worker/protocol.ts';

/** Objects cost fork(2) as much as any other memory; two sizes say it. */
const COMPARED = HEAPS.filter((heap) => heap !== 'objects');

type Row = 'held' | 'busy' | 'p99' | 'most';

/** What is said of each size and environment: milliseconds. */
const ROWS: Readonly<Record<Row, { text: string; samples(found: Blocking): number[] }>> = {
  held: { text: 'calls of a launch', samples: ({ held }) => held },
  busy: { text: 'all for a launch', samples: ({ busy }) => [busy] },
  p99: { text: 'delay p99 in 200', samples: ({ delays }) => (delays ? [delays.p99] : []) },
  most: { text: 'longest delay in 200', samples: ({ delays }) => (delays ? [delays.most] : []) },
};

export const blockingCondition = (row: Row, heap: (typeof COMPARED)[number]): string =>
  `${ROWS[row].text}, ${HEAP_NAMES[heap]}`;

export const blocking: Section = {
  name: 'blocking',
  about: 'how long launches hold the event loop',
  memory: 3 * 2 ** 30,
  seconds: ({ blocking: { one, atOnce, peersAtOnce } }) => 8 + 2 * (one * 0.06 + atOnce * 0.003 + peersAtOnce * 0.05),
  async run(bench) {
    const { one, atOnce, peersAtOnce } = bench.size.blocking;
    const series: Series[] = [];
    const names = bench.environments.filter((name) => name === 'cofferdam' || name === 'crun');
    let done = 0;
    for (const heap of COMPARED) {
      const worker = await bench.worker(heap);
      for (const name of names) {
        bench.context.signal.throwIfAborted();
        const found = await worker.call('blocking', name, one, name === 'cofferdam' ? atOnce : peersAtOnce);
        for (const [row, { samples }] of Object.entries(ROWS)) {
          const taken = samples(found);
          const condition = blockingCondition(row as Row, heap);
          if (taken.length > 0)
            series.push({ section: this.name, condition, subject: name, unit: 'ms', rounds: [taken] });
        }
        bench.context.progress(this.name, ++done, COMPARED.length * names.length);
      }
    }
    return { series };
  },
};
