/** Something measured while 0, 100 and 500 containers live: their number must not matter beyond what the kernel makes of it. */
import { type Bench, type Competitor, compete, type Findings } from './section.ts';

export const aliveCondition = (count: number, repeated: boolean): string => `${count} alive${repeated ? ' again' : ''}`;

const HOLD_STEP = 50;

/** A container with one small process is well below 1 MiB of the kernel's memory. */
export const LEVELS_MEMORY = 2 ** 30;

/** @param own Containers that the competitors need for themselves, held before all others. */
export async function besideOthers(
  bench: Bench,
  section: string,
  own: number,
  competitorsOf: (condition: string) => Competitor[],
): Promise<Findings> {
  const { size, context } = bench;
  const worker = await bench.worker('small');
  const findings: Findings = { series: [] };
  const seen = new Set<number>();
  let held = 0;
  const hold = async (count: number) => {
    context.signal.throwIfAborted();
    await worker.call('hold', 'cofferdam', count);
    held += count;
  };
  try {
    for (const level of size.alive) {
      if (level < held - own) {
        await worker.call('release', 'cofferdam');
        held = 0;
      }
      if (held < own) await hold(own - held);
      while (held < level + own) await hold(Math.min(HOLD_STEP, level + own - held));
      const competitors = competitorsOf(aliveCondition(level, seen.has(level)));
      seen.add(level);
      findings.series.push(...(await compete(context, { section, rounds: size.rounds, competitors })));
    }
  } finally {
    await worker.call('release', 'cofferdam');
  }
  return findings;
}
