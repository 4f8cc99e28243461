/** Where the time of our own launch goes: the trace that every launch leaves, averaged. */
import type { Section } from './section.ts';

const STEP = 20;

export const breakdown: Section = {
  name: 'breakdown',
  about: 'our own launch by operation',
  seconds: ({ traces }) => traces * 0.01,
  async run(bench) {
    const { traces } = bench.size;
    const worker = await bench.worker('small');
    const totals: number[][] = [];
    let costs = (await worker.call('traces', 1)).costs.map((cost) => ({ ...cost, microseconds: 0 }));
    for (let done = 0; done < traces; done += STEP) {
      bench.signal.throwIfAborted();
      const count = Math.min(STEP, traces - done);
      const found = await worker.call('traces', count);
      totals.push(found.totals);
      costs = costs.map((cost, row) => {
        const share = ((found.costs[row]?.microseconds ?? 0) * count) / traces;
        return { ...cost, microseconds: cost.microseconds + share };
      });
      bench.progress(done + count, traces);
    }
    return { series: [{ section: this.name, condition: '', subject: 'cofferdam', rounds: totals }], costs };
  },
};
