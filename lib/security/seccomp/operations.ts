/** The filter of a process: the last thing before its exec, so that it need not allow what comes before. */
import type { NormalizedProcess } from '../../options/normalized.ts';
import { type Operation, operation } from '../../program/operation.ts';
import { capabilityMasks } from '../capabilities.ts';
import { compileSeccomp, type SeccompFilter } from './compile.ts';
import type { SeccompProfile } from './types.ts';

/** Filters by profile and bounding set: compiling takes longer than a launch. */
const compiled = new WeakMap<SeccompProfile, Map<bigint, SeccompFilter>>();

function filterOf(profile: SeccompProfile, bounding: bigint): SeccompFilter {
  let filters = compiled.get(profile);
  if (!filters) {
    filters = new Map();
    compiled.set(profile, filters);
  }
  let filter = filters.get(bounding);
  if (!filter) {
    filter = compileSeccomp(profile, { capabilities: bounding });
    filters.set(bounding, filter);
  }
  return filter;
}

/** @param available capabilities that can be given: a rule for a capability counts when the process could have it */
export function seccompOperations(
  process: Pick<NormalizedProcess, 'seccomp' | 'capabilities'>,
  available: bigint,
): Operation[] {
  if (process.seccomp === 'unconfined') return [];
  const { bounding } = capabilityMasks(process.capabilities, available);
  const { filter, flags } = filterOf(process.seccomp, BigInt(bounding));
  return [operation('seccomp', { filter, flags })];
}
