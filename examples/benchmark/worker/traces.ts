/** Where a launch's time goes: every operation of many launches. */
import type { LaunchTrace } from 'cofferdam';
import type { Cost } from '../result.ts';
import type { Traced } from './protocol.ts';

/** Gives a launch with its trace; `total` in milliseconds. */
export interface Tracer {
  trace(): Promise<{ trace: LaunchTrace; id: string; total: number }>;
}

interface Step {
  operation: string;
  text: string;
  microseconds: number;
}

/** The steps of one launch, as rows that are the same for each. */
export function stepsOf({ trace, id, total }: { trace: LaunchTrace; id: string; total: number }): Step[] {
  // The id has no characters that mean something in a pattern. Also with what the library puts after it in names of cgroups.
  const own = new RegExp(`${id}(-[0-9a-f]+)?`, 'g');
  const steps = trace.entries.map(({ operation, text, duration }) => ({
    operation,
    text: text.replace(own, 'ID'),
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
  const totals: number[] = [];
  const costs: (Cost & { samples: number[] })[] = [];
  for (let i = 0; i < count; i++) {
    const traced = await tracer.trace();
    totals.push(traced.total);
    stepsOf(traced).forEach(({ operation, text, microseconds }, row) => {
      costs[row] ??= { operation, text, samples: [] };
      costs[row].samples.push(microseconds);
    });
  }
  return { totals, costs };
}
