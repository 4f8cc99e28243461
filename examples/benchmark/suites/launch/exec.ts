/** A further process in a container that runs, from the call to its result. */
import { APART } from './apart.ts';
import { again, type Bench, compete, type Findings, type Section } from './section.ts';

const PACES = [
  { condition: 'back to back', pause: undefined, times: 1, single: false },
  { condition: 'apart', pause: APART, times: 3, single: true },
] as const;

async function measure(bench: Bench, name: string): Promise<Findings> {
  const worker = await bench.worker('small');
  const held = await Promise.all(bench.environments.map((environment) => worker.call('hold', environment, 1)));
  // The C program joins the container that Cofferdam's own execs join.
  const floor = bench.floorExec((held[bench.environments.indexOf('cofferdam')] as number[])[0] as number);
  const ours = worker.target('cofferdam');
  const all = [
    { subject: 'floor', target: floor },
    ...bench.environments.map((environment) => ({ subject: environment, target: worker.target(environment) })),
    { subject: again('cofferdam'), target: ours },
  ];
  const series = [];
  for (const { condition, pause, times, single } of PACES) {
    const count = single ? 1 : bench.size.batch;
    const competitors = all.map(({ subject, target }) => ({
      condition,
      subject,
      measure: async () => (await target.execs({ count, atOnce: 1 })).samples,
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
    const worker = await bench.worker('small');
    try {
      return await measure(bench, this.name);
    } finally {
      await Promise.all(bench.environments.map((environment) => worker.call('release', environment)));
    }
  },
};
