/** `listContainers()`: the detached containers of this machine. */
import { readdirSync } from 'node:fs';
import { isFrozen } from '../cgroup/freezer.ts';
import { containersDirectory, homesDirectory } from '../state/places.ts';
import { type LaunchRecord, readConfig, readLaunch } from '../state/records.ts';
import { conditionOf, statusOf } from '../state/status.ts';
import type { ContainerState } from './events.ts';

/** One line of `cofferdam ls`. */
export interface ListedContainer {
  name: string;
  state: Exclude<ContainerState, 'removed'>;
  /** Of the first process; undefined unless it runs. */
  pid: number | undefined;
  /** Its monitor was killed: how it ends, or has ended, nobody knows. */
  monitorLost: boolean;
  createdAt: Date;
  /** Of the present run, or the last. */
  startedAt: Date | undefined;
  /** Of the last run; null when a signal ended it, undefined unless it has ended. */
  exitCode: number | null | undefined;
  /** How often its monitor has started it again. */
  restarts: number;
  command: readonly string[];
  ephemeral: boolean;
  autostart: boolean;
  /** The container that it is a copy of. */
  source: string | undefined;
  /** Why what is written down of it cannot be read. */
  problem: string | undefined;
}

function names(path: string): string[] {
  try {
    return readdirSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function frozen({ group }: LaunchRecord): boolean {
  try {
    return group !== undefined && isFrozen(group);
  } catch {
    // Its end is under way.
    return false;
  }
}

/** A record, or why it cannot be read: one that is damaged, or a later release's, must not hide the others. */
function tried<Value>(read: () => Value): { value?: Value; problem?: string } {
  try {
    return { value: read() };
  } catch (error) {
    return { problem: (error as Error).message };
  }
}

/** The state of a container by its name, 'removed' when there is none. */
export const stateOf = (name: string): ContainerState =>
  describeContainer(name, { configured: true, launched: true })?.state ?? 'removed';

/** Undefined for what is none, or is just being made or removed. */
function describeContainer(
  name: string,
  { configured, launched }: { configured: boolean; launched: boolean },
): ListedContainer | undefined {
  const { value: config, problem } = configured ? tried(() => readConfig(name)) : {};
  const { value: launch, problem: further = problem } = launched ? tried(() => readLaunch(name)) : {};
  const record = launch ?? config;
  if (!record && further === undefined) return undefined;
  const status = statusOf(name);
  const { state, lost } = conditionOf(status);
  // What was to vanish and is there yet is about to, or is left for `cofferdam gc`.
  const running = state === 'running';
  const options = record?.options;
  const ended = state === 'stopped';
  return {
    name,
    state: running && launch && frozen(launch) ? 'paused' : state,
    pid: running ? status?.first.pid : undefined,
    monitorLost: lost,
    createdAt: new Date(record?.createdAt ?? 0),
    startedAt: status && status.startedAt > 0 ? new Date(status.startedAt) : undefined,
    exitCode: ended ? (lost ? null : status?.exitCode) : undefined,
    restarts: status?.restarts ?? 0,
    command: launch?.command ?? options?.command ?? [],
    ephemeral: options?.ephemeral ?? false,
    autostart: options?.autostart !== undefined && options.autostart !== false,
    source: record?.source,
    problem: further,
  };
}

/** All detached containers, by name, whichever program made them. Waits for nobody. */
export async function listContainers(): Promise<ListedContainer[]> {
  // What is not there is not looked for: an error costs more than all the rest.
  const homes = new Set(names(homesDirectory()));
  const runs = new Set(names(containersDirectory()));
  return [...new Set([...homes, ...runs])]
    .sort()
    .map((name) => describeContainer(name, { configured: homes.has(name), launched: runs.has(name) }))
    .filter((each) => each !== undefined);
}
