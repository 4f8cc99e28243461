/** A fixed number of replicas: what the others are compared with. */
import { type Policy, within } from './types.ts';

export const fixed = (count: number): Policy<null> => ({
  name: `fixed-${count}`,
  summary: `${count} replicas, whatever comes`,
  start: () => null,
  decide: (_sample, capacity, state) => ({ desired: within(capacity, count), reason: `${count} fixed`, state }),
});
