/** Where the time of our own launch goes: the traces that launches leave. */
import type { Cost } from '../../result.ts';
import type { Section } from './section.ts';

/** Launches between two looks at whether to go on. */
const STEP = 20;

export const breakdown: Section = {
  name: 'breakdown',
  about: 'our own launch by operation',
  seconds: ({ traces }) => traces * 0.01,
  async run(bench) {
    const { traces } = bench.size;
    const worker = await bench.worker('small');
    const rounds: number[][] = [];
    const costs: Cost[] = [];
    for (let done = 0; done < traces; done += STEP) {
      bench.signal.throwIfAborted();
      const count = Math.min(STEP, traces - done);
      const found = await worker.call('traces', count);
      rounds.push(found.totals);
      found.costs.forEach((cost, row) => {
        costs[row] = { ...cost, samples: [...(costs[row]?.samples ?? []), ...cost.samples] };
      });
      bench.progress(done + count, traces);
    }
    return { series: [{ section: this.name, condition: '', subject: 'cofferdam', rounds }], costs };
  },
};
