/** What is written down of a launch, so that any program can find what it made, and do it again. */
import type { Place } from '../cgroup/placement.ts';
import type { StartOptions } from '../options/types.ts';
import type { LaunchNames } from '../program/names.ts';
import { bootId, type Config, type LaunchRecord, RECORD_VERSION, type StoredStart } from '../state/records.ts';

interface LaunchFacts {
  names: LaunchNames;
  /** The cgroup by which it is frozen. */
  group: Place | undefined;
  command: readonly string[];
  start: StartOptions;
}

function storedStart(options: StartOptions): StoredStart {
  const { signal: _signal, stdio: _stdio, ...stored } = options;
  return stored;
}

export function launchRecord(
  { names, group, command, start }: LaunchFacts,
  { options, createdAt, source }: Pick<Config, 'options' | 'createdAt' | 'source'>,
): LaunchRecord {
  return {
    version: RECORD_VERSION,
    boot: bootId(),
    nonce: names.nonce,
    ...(names.given && { given: names.given }),
    command,
    options,
    start: storedStart(start),
    ...(group && { group: { path: group.path, version: group.hierarchy.version } }),
    createdAt,
    ...(source !== undefined && { source }),
  };
}
