/** The policies by their names. */
import { concurrency } from './concurrency.ts';
import { fixed } from './fixed.ts';
import { predictive } from './predictive.ts';
import { target } from './target.ts';
import { threshold } from './threshold.ts';
import type { AnyPolicy } from './types.ts';

const POLICIES: Readonly<Record<string, () => AnyPolicy>> = {
  threshold: () => threshold(),
  target: () => target(),
  concurrency: () => concurrency(),
  predictive: () => predictive(),
};

export const POLICY_NAMES: readonly string[] = Object.keys(POLICIES);

/** The policy of a name, among them 'fixed-4'; undefined when there is none. */
export function policyOf(name: string): AnyPolicy | undefined {
  const count = Number(/^fixed-([1-9]\d?)$/.exec(name)?.[1]);
  if (count > 0) return fixed(count);
  return Object.hasOwn(POLICIES, name) ? POLICIES[name]?.() : undefined;
}
