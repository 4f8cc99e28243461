/** The filter of a process: the last thing before its exec, so that it need not allow what comes before. */
import { release } from 'node:os';
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

/** seccomp(2): SECCOMP_FILTER_FLAG_NEW_LISTENER, and WAIT_KILLABLE_RECV (Linux 5.19): a call that a handler has got is not
 * interrupted by signals that do not end the process. */
const NEW_LISTENER = 8;
const WAIT_KILLABLE = 32;

const listenerFlags = (): number => {
  const [major = 0, minor = 0] = release().split(/[.-]/).map(Number);
  return NEW_LISTENER | (major * 1000 + minor >= 5019 ? WAIT_KILLABLE : 0);
};

/** What the listener's descriptor is sent as; 1 is a terminal's. */
export const LISTENER_TAG = 2;

/** @param listener slot of the descriptor by which calls are notified; none: no call is
 * @param available capabilities that can be given: a rule for a capability counts when the process could have it */
export function seccompOperations(
  process: Pick<NormalizedProcess, 'seccomp' | 'capabilities'>,
  available: bigint,
  listener?: number,
): Operation[] {
  if (process.seccomp === 'unconfined') return [];
  const { bounding } = capabilityMasks(process.capabilities, available);
  const { filter, flags } = filterOf(process.seccomp, BigInt(bounding));
  if (listener === undefined) return [operation('seccomp', { filter, flags })];
  return [
    operation('seccomp', { filter, flags: flags | listenerFlags(), into: listener }),
    operation('send', { descriptor: listener, tag: LISTENER_TAG }),
  ];
}
