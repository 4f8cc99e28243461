/** Launches while other containers live: their number must not matter beyond what the kernel makes of it. */
import type { Series } from '../../result.ts';
import { compete, everybody, type Section } from './section.ts';

export const aliveCondition = (count: number, repeated: boolean): string => `${count} alive${repeated ? ' again' : ''}`;

const HOLD_STEP = 50;

export const alive: Section = {
  name: 'alive',
  about: 'launches beside 1, 100 and 1,000 containers',
  // The kernel's own for a container with one small process is well below 1 MiB.
  memory: 2 * 2 ** 30,
  seconds: ({ rounds, batch, alive: levels }) =>
    levels.length * rounds * batch * 0.012 + levels.reduce((sum, count) => sum + count * 0.02, 0),
  async run(bench) {
    const { rounds, batch, alive: levels } = bench.size;
    const worker = await bench.worker('small');
    const compared = (await everybody(bench)).filter(({ subject }) => subject === 'floor' || subject === 'cofferdam');
    const series: Series[] = [];
    const seen = new Set<number>();
    let held = 0;
    try {
      for (const level of levels) {
        if (level < held) {
          await worker.call('release', 'cofferdam');
          held = 0;
        }
        for (; held < level; held = Math.min(level, held + HOLD_STEP)) {
          bench.signal.throwIfAborted();
          await worker.call('hold', 'cofferdam', Math.min(HOLD_STEP, level - held));
        }
        const condition = aliveCondition(level, seen.has(level));
        seen.add(level);
        const competitors = compared.map(({ subject, launches }) => ({
          condition,
          subject,
          measure: async () => (await launches({ count: batch, atOnce: 1 })).samples,
        }));
        series.push(...(await compete(bench, this.name, rounds, competitors)));
      }
    } finally {
      await worker.call('release', 'cofferdam');
    }
    return { series };
  },
};
