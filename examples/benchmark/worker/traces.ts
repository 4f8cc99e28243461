/** Where a launch's time goes: the mean of every operation over many launches. */
import type { LaunchTrace } from 'cofferdam';
import type { Cost } from '../result.ts';
import type { Traced } from './protocol.ts';

/** Gives a launch with its trace; `total` in milliseconds. */
export interface Tracer {
  trace(): Promise<{ trace: LaunchTrace; id: string; total: number }>;
}

/** The steps of one launch, microseconds, as rows that are the same for each. */
export function costsOf({ trace, id, total }: { trace: LaunchTrace; id: string; total: number }): Cost[] {
  const steps = trace.entries.map(({ operation, text, duration }) => ({
    operation,
    text: text.replaceAll(id, 'ID'),
    microseconds: duration,
  }));
  return [
    { operation: 'launch', text: 'request to the launcher, clone3', microseconds: trace.clone },
    ...steps,
    // The trace begins with the request and ends before the exec; what Node does before the request is in here as well.
    {
      operation: 'rest',
      text: 'exec, the command itself, its end, cleaning up, the result',
      microseconds: total * 1000 - trace.duration,
    },
  ];
}

export async function meanCosts(tracer: Tracer, count: number): Promise<Traced> {
  const totals: number[] = [];
  let sums: Cost[] = [];
  for (let i = 0; i < count; i++) {
    const traced = await tracer.trace();
    const costs = costsOf(traced);
    totals.push(traced.total);
    sums = costs.map((cost, row) => ({ ...cost, microseconds: cost.microseconds + (sums[row]?.microseconds ?? 0) }));
  }
  return { totals, costs: sums.map((cost) => ({ ...cost, microseconds: cost.microseconds / count })) };
}
