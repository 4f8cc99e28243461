/** `plan()`: what a start would do. */
import { compileLaunch } from '../launch/compile.ts';
import { NAMESPACE_NAMES } from '../launch/namespaces.ts';
import { placementOf } from '../launch/placement.ts';
import { plannedCgroups } from '../launch/scope.ts';
import type { NormalizedStart } from '../options/index.ts';
import { type PlanEntry, plan } from '../program/explain.ts';
import type { Life } from './life.ts';
import { ownStreams } from './streams.ts';

export function planOf(life: Life, start: NormalizedStart): PlanEntry[] {
  const { options } = life;
  const joined = NAMESPACE_NAMES.filter((name) => typeof options.namespaces[name] !== 'string');
  const names = life.newNames();
  // Of all hierarchies, delegated to this user or not: what it takes is to be seen by whoever asks.
  const placement = placementOf(options, names, plannedCgroups(options));
  const { operations, slots } = compileLaunch(options, start, joined, names, ownStreams(start), placement);
  return plan(operations, slots);
}
