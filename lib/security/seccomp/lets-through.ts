/** What a filter lets through, which has to be known where it is in force before all is done that a launch does. */
import type { Case, Comparison } from './bpf.ts';
import { decisionFor, isAllowed, type SeccompContext } from './compile.ts';
import type { SeccompProfile } from './types.ts';

/** A system call with those of its arguments that are known beforehand. */
export interface KnownCall {
  name: string;
  args?: readonly (bigint | undefined)[];
}

const HOLDS: Readonly<Record<Comparison['operator'], (argument: bigint, value: bigint) => boolean>> = {
  eq: (argument, value) => argument === value,
  ne: (argument, value) => argument !== value,
  ge: (argument, value) => argument >= value,
  gt: (argument, value) => argument > value,
  le: (argument, value) => argument <= value,
  lt: (argument, value) => argument < value,
};

type Holds = 'always' | 'perhaps' | 'never';

function holds({ comparisons }: Case, args: KnownCall['args'] = []): Holds {
  const known = comparisons.map(({ index, operator, mask, value }) => {
    const argument = args[index];
    return argument === undefined ? undefined : HOLDS[operator](argument & mask, value);
  });
  if (known.includes(false)) return 'never';
  return known.includes(undefined) ? 'perhaps' : 'always';
}

/** Whether a call is made whatever its unknown arguments are, without anybody being asked about it. */
export function letsThrough(profile: SeccompProfile, context: SeccompContext, { name, args }: KnownCall): boolean {
  for (const each of decisionFor(profile, context, name)) {
    const when = holds(each, args);
    if (when === 'never') continue;
    if (!isAllowed(each.action)) return false;
    if (when === 'always') return true;
  }
  return false;
}
