/** Where a launch's time goes: every operation of many launches. */
import { readFileSync } from 'node:fs';
import type { LaunchTrace } from 'cofferdam';
import type { Cost } from '../result.ts';
import type { Traced } from './protocol.ts';

/** A launch with its trace; `total` is from the call to the result, milliseconds. */
export interface Launched {
  trace: LaunchTrace;
  id: string;
  total: number;
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
export function stepsOf({ trace, id, total }: Launched, groups: readonly string[]): Step[] {
  // The id has no characters that mean something in a pattern; in names of cgroups the library puts more after it.
  const own = new RegExp(`${id}(-[0-9a-f]+)?`, 'g');
  const general = (text: string) =>
    groups.reduce((made, group) => made.replaceAll(`${group}/`, '/OWN/'), text).replace(own, 'ID');
  const steps = trace.entries.map(({ operation, text, duration }) => ({
    operation,
    text: general(text),
    microseconds: duration,
  }));
  return [
    { operation: 'launch', text: 'request to the launcher, clone3', microseconds: trace.clone },
    ...steps,
    // The trace begins with the request and ends before the exec; what Node does before the request is in here as well.
    {
      operation: 'rest',
      text: 'Node, exec, the command itself, its end, cleaning up, the result',
      microseconds: total * 1000 - trace.duration,
    },
  ];
}

export async function traceLaunches(tracer: Tracer, count: number): Promise<Traced> {
  const groups = ownGroups(readFileSync('/proc/self/cgroup', 'utf8'));
  const totals: number[] = [];
  const costs: (Cost & { samples: number[] })[] = [];
  for (let i = 0; i < count; i++) {
    const traced = await tracer.trace();
    totals.push(traced.total);
    stepsOf(traced, groups).forEach(({ operation, text, microseconds }, row) => {
      costs[row] ??= { operation, text, samples: [] };
      costs[row].samples.push(microseconds);
    });
  }
  return { totals, costs };
}
