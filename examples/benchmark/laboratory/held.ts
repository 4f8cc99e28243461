/** Execs need a container that runs: one of each environment, held while something is measured. */
import type { Timed } from '../environments/environment.ts';
import type { EnvironmentName } from '../environments/names.ts';
import type { Worker } from '../worker/client.ts';
import type { Bench, Launcher } from './section.ts';

export interface Held {
  /** The C program and everybody, each into a container of its own; the C program into Cofferdam's. */
  execs: Launcher[];
}

/** Hold a container of each, let `work` use them, end them. */
export async function withHeld<T>(
  bench: Bench,
  worker: Worker,
  names: readonly EnvironmentName[],
  work: (held: Held) => Promise<T>,
): Promise<T> {
  let floor: ReturnType<Bench['floorExec']> | undefined;
  const begun: EnvironmentName[] = [];
  try {
    let first = 0;
    for (const name of names) {
      begun.push(name);
      const [pid = 0] = await worker.call('hold', name, 1);
      if (name === 'cofferdam') first = pid;
    }
    floor = bench.floorExec(first);
    const timed = (name: EnvironmentName): Timed => worker.execs(name);
    return await work({
      execs: [
        { subject: 'floor', launches: floor.timed },
        ...names.map((name) => ({ subject: name, launches: timed(name) })),
      ],
    });
  } finally {
    await floor?.close();
    for (const name of begun) await worker.call('release', name);
  }
}
