/** A suite made of sections: those that start containers are all alike. */
import { controllersToCover, thisHost } from '../environments/host.ts';
import { type EnvironmentName, PEER_PROGRAMS, PEERS, PROGRAM_OF } from '../environments/names.ts';
import { availableMemory } from '../requirements.ts';
import type { Cost, Series } from '../result.ts';
import { ensureBusyboxRoot } from '../rootfs.ts';
import type { Context, Suite } from '../suite.ts';
import type { Ability } from '../worker/protocol.ts';
import { Laboratory } from './laboratory.ts';
import type { Section } from './section.ts';
import { type Size, sizeOf } from './size.ts';

/** For the rest: compiling, starting workers, the report. */
const AROUND = 10;

/** Those that can start a container here, and what they can do beside. A peer that cannot is noted with what it said. */
async function usable(
  context: Context,
  laboratory: Laboratory,
  size: Size,
): Promise<Map<EnvironmentName, readonly Ability[]>> {
  const worker = await laboratory.worker('small');
  const peers = PEERS.filter((name) => context.present.has(PROGRAM_OF[name]));
  const able = new Map<EnvironmentName, readonly Ability[]>();
  for (const name of ['cofferdam', ...peers] as const) {
    context.signal.throwIfAborted();
    try {
      await worker.call('launches', name, { count: 1, atOnce: 1 });
      able.set(name, await worker.call('abilities', name));
    } catch (error) {
      // For Cofferdam it is an error.
      if (name === 'cofferdam') throw error;
      context.lacks(name, firstLines((error as Error).message));
    }
  }
  context.progress('trying everybody', size.rounds, size.rounds);
  return able;
}

/** What a program said, without our stack and on one line. */
const firstLines = (message: string): string =>
  (message.split('\n    at ')[0] as string)
    .replace(/^(Error: )*Command failed: .*\n/, '')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, 400);

export interface SectionSuite extends Omit<Suite, 'programs' | 'peers' | 'seconds' | 'run' | 'disk'> {
  readonly sections: readonly Section[];
}

export const sectionSuite = ({ sections, ...rest }: SectionSuite): Suite & { sections: readonly Section[] } => ({
  ...rest,
  sections,
  programs: ['cc', 'unshare'],
  peers: PEER_PROGRAMS,
  disk: () => 2 ** 28,
  seconds: (choice) => sections.reduce((sum, section) => sum + section.seconds(sizeOf(choice)), AROUND),
  async run(context) {
    const size = sizeOf(context);
    const rootfs = await ensureBusyboxRoot();
    const laboratory = new Laboratory(context, rootfs, controllersToCover(thisHost()));
    try {
      laboratory.build();
      const able = await usable(context, laboratory, size);
      const series: Series[] = [];
      const costs: Cost[] = [];
      for (const section of sections) {
        context.signal.throwIfAborted();
        const { name, memory = 0 } = section;
        if (availableMemory() < memory) {
          context.lacks(name, `needs ${Math.round(memory / 2 ** 30)} GiB of available memory`);
          continue;
        }
        context.progress(name, 0, 1);
        const found = await section.run({
          size,
          context,
          environments: [...able.keys()],
          able: (ability) => [...able].filter(([, has]) => has.includes(ability)).map(([name]) => name),
          floor: laboratory.floor,
          floorHolding: (count, command) => laboratory.floorHolding(count, command),
          floorExec: (pid) => laboratory.floorExec(pid),
          shell: (name) => laboratory.shell(name),
          worker: (heap) => laboratory.worker(heap),
        });
        series.push(...found.series);
        costs.push(...(found.costs ?? []));
      }
      return { series, costs };
    } finally {
      await laboratory.close();
    }
  },
});
