/** Where a launch's time goes: every operation of many launches. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LaunchTrace } from 'cofferdam';
import type { Traced } from './protocol.ts';

/** A launch with its trace, and milliseconds. */
export interface Launched {
  trace: LaunchTrace;
  id: string;
  /** Its lower directory. */
  rootfs: string;
  /** From the call to the result. */
  total: number;
  /** Of it, the calls themselves, up to the request. */
  held: number;
  /** From the request to the end of the process, as the result has it. */
  duration: number;
}

export interface Tracer {
  trace(): Promise<Launched>;
}

interface Step {
  operation: string;
  text: string;
  microseconds: number;
}

/** The cgroups that this process is in, but for roots, out of proc(5)'s cgroup. */
export const ownGroups = (selfCgroup: string): string[] => [
  ...new Set(
    selfCgroup
      .split('\n')
      .map((line) => line.split(':').slice(2).join(':'))
      .filter((path) => path !== '' && path !== '/'),
  ),
];

/**
 * The steps of one launch, as rows that are the same for each launch and on each machine.
 * @param groups Of the process that launched.
 */
export function stepsOf({ trace, id, rootfs, total, held, duration }: Launched, groups: readonly string[]): Step[] {
  // The id has no characters that mean something in a pattern; in names of cgroups the library puts more after it.
  const own = new RegExp(`${id}(-[0-9a-f]+)?`, 'g');
  const general = (text: string) =>
    groups
      .reduce((made, group) => made.replaceAll(`${group}/`, '/OWN/'), text)
      .replaceAll(rootfs, 'ROOTFS')
      .replace(own, 'ID');
  const steps = trace.entries.map(({ operation, text, duration }) => ({
    operation,
    text: general(text),
    microseconds: duration,
  }));
  return [
    { operation: 'compile', text: 'options to program, in JavaScript', microseconds: held * 1000 },
    { operation: 'launch', text: 'request to the launcher, clone3', microseconds: trace.clone },
    ...steps,
    // The trace ends before the exec.
    { operation: 'command', text: 'exec, the command itself, its end', microseconds: duration * 1000 - trace.duration },
    {
      operation: 'result',
      text: 'cleaning up, the result in JavaScript',
      microseconds: (total - held - duration) * 1000,
    },
  ];
}

export async function traceLaunches(tracer: Tracer, count: number, pause: number): Promise<Traced> {
  const groups = ownGroups(readFileSync('/proc/self/cgroup', 'utf8'));
  const totals: number[] = [];
  const costs: { operation: string; text: string; samples: number[] }[] = [];
  for (let i = 0; i < count; i++) {
    if (pause > 0) await sleep(pause);
    const traced = await tracer.trace();
    totals.push(traced.total);
    stepsOf(traced, groups).forEach(({ operation, text, microseconds }, row) => {
      costs[row] ??= { operation, text, samples: [] };
      costs[row].samples.push(microseconds);
    });
  }
  return { totals, costs };
}
