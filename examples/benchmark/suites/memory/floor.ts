/** The least that a container can be charged with: the same namespaces, mounts and limits, made by a plain C program. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { FloorProgram } from '../../environments/floor.ts';
import { allPids, cgroupCharge, newProcesses } from './processes.ts';

const COMMAND = ['/bin/busybox', 'sleep', 'infinity'] as const;

/** KiB that the cgroups of each of `count` such containers are charged with; nobody watches over them. */
export async function chargedFloor(
  start: (count: number, command: readonly string[]) => FloorProgram,
  count: number,
  settle: number,
): Promise<number> {
  const before = allPids();
  const program = start(count, COMMAND);
  const inside = () => newProcesses(before, program.pid).filter((pid) => pid !== program.pid);
  try {
    await sleep(settle);
    const processes = inside();
    if (processes.length !== count) throw new Error(`floor: ${processes.length} of ${count} containers are alive`);
    return cgroupCharge(processes, program.pid) / count;
  } finally {
    for (const pid of inside()) process.kill(pid, 'SIGKILL');
    await program.close();
  }
}
