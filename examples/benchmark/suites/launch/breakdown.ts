/** Where the time of our own launch goes: the traces that launches leave, back to back and apart. */
import type { Bench, Section } from '../../laboratory/section.ts';
import type { Cost, Series } from '../../result.ts';
import { APART } from './apart.ts';

const PACES = [
  { pace: 'back to back', pause: 0 },
  { pace: 'apart', pause: APART },
] as const;

/** What the steps are of. */
export const launchAtPace = (pace: (typeof PACES)[number]['pace']): string => `our launch, ${pace}`;

/** Launches between two looks at whether to go on. */
const STEP = 20;

async function measure(bench: Bench, pause: number, progress: (done: number) => void) {
  const { traces } = bench.size;
  const worker = await bench.worker('small');
  const rounds: number[][] = [];
  const costs: Omit<Cost, 'of'>[] = [];
  for (let done = 0; done < traces; done += STEP) {
    bench.context.signal.throwIfAborted();
    const count = Math.min(STEP, traces - done);
    const found = await worker.call('traces', count, pause);
    rounds.push(found.totals);
    found.costs.forEach((cost, row) => {
      costs[row] = { ...cost, samples: [...(costs[row]?.samples ?? []), ...cost.samples] };
    });
    progress(done + count);
  }
  return { rounds, costs };
}

export const breakdown: Section = {
  name: 'breakdown',
  about: 'our own launch by operation',
  seconds: ({ traces }) => traces * 0.09,
  async run(bench) {
    const { traces } = bench.size;
    const series: Series[] = [];
    const costs: Cost[] = [];
    for (const [index, { pace, pause }] of PACES.entries()) {
      const progress = (done: number) =>
        bench.context.progress(this.name, index * traces + done, PACES.length * traces);
      const found = await measure(bench, pause, progress);
      series.push({ section: this.name, condition: pace, subject: 'cofferdam', unit: 'ms', rounds: found.rounds });
      costs.push(...found.costs.map((cost) => ({ of: launchAtPace(pace), ...cost })));
    }
    return { series, costs };
  },
};
