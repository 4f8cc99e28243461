/** A further process in a container that runs, from the call to its result. */
import type { Timed } from '../../environments/environment.ts';
import type { Series } from '../../result.ts';
import type { EnvironmentName } from '../../worker/protocol.ts';
import { APART } from './apart.ts';
import { again, type Bench, compete, type Findings, type Section } from './section.ts';

const PACES = [
  { condition: 'back to back', pause: undefined, times: 1, single: false },
  { condition: 'apart', pause: APART, times: 3, single: true },
] as const;

async function measure(
  bench: Bench,
  name: string,
  all: readonly { subject: string; execs: Timed }[],
): Promise<Findings> {
  const series: Series[] = [];
  for (const { condition, pause, times, single } of PACES) {
    const count = single ? 1 : bench.size.batch;
    const competitors = all.map(({ subject, execs }) => ({
      condition,
      subject,
      measure: async () => (await execs({ count, atOnce: 1 })).samples,
    }));
    series.push(...(await compete(bench, name, bench.size.rounds * times, competitors, pause)));
  }
  return { series };
}

export const exec: Section = {
  name: 'exec',
  about: 'a further process in a running container',
  seconds: ({ rounds, batch }) => rounds * (batch * 0.06 + 3 * 0.45),
  async run(bench) {
    const { environments } = bench;
    const worker = await bench.worker('small');
    let floor: ReturnType<Bench['floorExec']> | undefined;
    try {
      const held = new Map<EnvironmentName, number>();
      for (const environment of environments)
        held.set(environment, (await worker.call('hold', environment, 1))[0] as number);
      // The C program joins the container that Cofferdam's own execs join.
      floor = bench.floorExec(held.get('cofferdam') as number);
      return await measure(bench, this.name, [
        { subject: 'floor', execs: floor.timed },
        ...environments.map((environment) => ({ subject: environment, execs: worker.execs(environment) })),
        { subject: again('cofferdam'), execs: worker.execs('cofferdam') },
      ]);
    } finally {
      await floor?.close();
      for (const environment of environments) await worker.call('release', environment);
    }
  },
};
