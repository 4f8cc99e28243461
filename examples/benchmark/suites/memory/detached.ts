/** A container that outlives its program has somebody who waits for its end: what that one takes, and the container with it. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { EnvironmentName } from '../../environments/names.ts';
import type { Bench, Section } from '../../laboratory/section.ts';
import type { Series } from '../../result.ts';
import type { Worker } from '../../worker/client.ts';
import { chargedAlone } from './bare.ts';
import { chargedFloor } from './floor.ts';
import { allPids, cgroupCharge, isMonitor, newProcesses, proportional } from './processes.ts';

/** For what is begun to have all its memory: milliseconds. */
const SETTLE = 1000;
/** Those that leave somebody behind; crun and runc wait themselves, or are waited for by one of these. */
const DETACHED: readonly EnvironmentName[] = ['cofferdam', 'lxc', 'podman', 'docker'];

export const MONITOR = 'its monitor (PSS)';
export const ALL = 'its processes (PSS)';
export const CHARGE = 'charged to its cgroups';
/** The C program of the launch suite. */
export const FLOOR = 'floor';
/** Who is charged for the same process, and has no container around it. */
export const ALONE = 'process alone';

const mean = (numbers: readonly number[]): number =>
  numbers.length === 0 ? 0 : numbers.reduce((sum, each) => sum + each, 0) / numbers.length;

/** KiB for each of `count` containers. */
async function perContainer(worker: Worker, name: EnvironmentName, count: number): Promise<Map<string, number>> {
  const { pid } = await worker.call('facts');
  const before = allPids();
  // A copy is detached; an engine's every container is.
  if (name === 'cofferdam' || name === 'lxc') await worker.clones(name)({ count, atOnce: 1 });
  else await worker.call('hold', name, count);
  try {
    await sleep(SETTLE);
    const processes = newProcesses(before, pid);
    const monitors = processes.filter(isMonitor);
    return new Map([
      [MONITOR, mean(monitors.map(proportional))],
      [ALL, processes.reduce((sum, each) => sum + proportional(each), 0) / count],
      [CHARGE, cgroupCharge(processes, pid) / count],
    ]);
  } finally {
    await worker.call('release', name);
  }
}

const roundsOf = ({ context }: Bench): number => context.runs ?? (context.quick ? 2 : 5);

export const detached: Section = {
  name: 'detached',
  about: 'containers that outlive their program, with their monitors',
  seconds: ({ held, objects }) => (objects ? 5 : 2) * 4 * (1.5 + held * 0.12),
  async run(bench) {
    const worker = await bench.worker('small');
    const series: Series[] = [];
    for (const subject of DETACHED.filter((name) => bench.environments.includes(name))) {
      // Launcher and source are there before they are counted.
      await perContainer(worker, subject, 1);
      const rounds: Map<string, number>[] = [];
      for (let round = 0; round < roundsOf(bench); round++) {
        bench.context.signal.throwIfAborted();
        rounds.push(await perContainer(worker, subject, bench.size.held));
      }
      for (const condition of [MONITOR, ALL, CHARGE])
        series.push({
          section: this.name,
          condition,
          subject,
          unit: 'KiB',
          rounds: rounds.map((each) => [each.get(condition) ?? 0]),
        });
    }
    const least: readonly [string, () => Promise<number>][] = [
      [FLOOR, () => chargedFloor(bench.floorHolding, bench.size.held, SETTLE)],
      [ALONE, () => chargedAlone(SETTLE)],
    ];
    for (const [subject, charged] of least) {
      const rounds: number[][] = [];
      for (let round = 0; round < roundsOf(bench); round++) rounds.push([await charged()]);
      series.push({ section: this.name, condition: CHARGE, subject, unit: 'KiB', rounds });
    }
    return { series };
  },
};
