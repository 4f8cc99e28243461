/** `listContainers()`: the detached containers of this machine. */
import { existsSync, readFileSync } from 'node:fs';
import { saysFrozen, stateFileOf } from '../cgroup/freezer.ts';
import { native } from '../native.ts';
import { namesIn } from '../state/files.ts';
import { containersDirectory, homesDirectory, type Places, placesOf } from '../state/places.ts';
import { type Config, type LaunchRecord, parseConfig, parseLaunch } from '../state/records.ts';
import {
  type Condition,
  conditionBy,
  conditionOf,
  decodeStatus,
  isAliveBy,
  isOpen,
  type Status,
  statusOf,
} from '../state/status.ts';
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

/** A record, or why it cannot be read: one that is damaged, or a later release's, must not hide the others. */
function tried<Value>(read: () => Value): { value?: Value; problem?: string } {
  try {
    return { value: read() };
  } catch (error) {
    return { problem: (error as Error).message };
  }
}

/** The state of a container by its name, 'removed' when there is none. */
export const stateOf = (name: string): ContainerState => describe([name])[0]?.state ?? 'removed';

/** More than this of a file was not read. */
const MOST = 64 * 1024;

/** Files' bytes, by the name of the container that they are of. */
function readEach(paths: ReadonlyMap<string, string>): Map<string, Buffer> {
  const read = native().readFiles([...paths.values()]);
  const found = new Map<string, Buffer>();
  [...paths].forEach(([name, path], index) => {
    const bytes = read[index];
    if (bytes) found.set(name, bytes.length < MOST ? bytes : readFileSync(path));
  });
  return found;
}

const pathsOf = (all: readonly string[], path: (name: string) => string | undefined): Map<string, string> =>
  new Map(all.flatMap((name) => ((found) => (found === undefined ? [] : [[name, found] as const]))(path(name))));

/** What is asked of the machine about several containers: a round of reading for what the round before has told. */
function describe(all: readonly string[]): ListedContainer[] {
  const places = new Map(all.map((name) => [name, placesOf(name)]));
  const at = (name: string) => places.get(name) as Places;
  const launches = readEach(pathsOf(all, (name) => at(name).launch));
  const statuses = readEach(pathsOf(all, (name) => at(name).status));
  const facts = all.map((name) => {
    const launched = launches.get(name);
    const bytes = statuses.get(name);
    const { value: launch, problem } = launched
      ? tried(() => parseLaunch(at(name).launch, launched.toString('utf8')))
      : {};
    // One that was read while it was written is read again.
    const status = bytes && (decodeStatus(bytes) ?? statusOf(name));
    return { name, launch, problem, status };
  });
  const known = new Map(facts.map((each) => [each.name, each]));
  // Its configuration is in the record of its launch, too.
  const configs = readEach(pathsOf(all, (name) => (known.get(name)?.launch ? undefined : at(name).config)));
  const open = ({ status }: { status: Status | undefined }) => (status && isOpen(status) ? status : undefined);
  const stats = readEach(
    pathsOf(all, (name) => {
      const status = open(known.get(name) as Facts);
      return status && `/proc/${status.monitor.pid}/stat`;
    }),
  );
  const freezers = readEach(
    pathsOf(all, (name) => {
      const { launch, status } = known.get(name) as Facts;
      return launch?.group && open({ status }) ? stateFileOf(launch.group) : undefined;
    }),
  );
  return facts.flatMap(({ name, launch, problem, status }) => {
    const text = configs.get(name);
    const { value: config, problem: further = problem } = text
      ? tried(() => parseConfig(at(name).config, text.toString('utf8')))
      : {};
    const record = launch ?? config;
    // None, or just being made or removed.
    if (!record && further === undefined) return [];
    const stat = stats.get(name);
    const monitored = status !== undefined && stat !== undefined && isAliveBy(stat.toString('latin1'), status.monitor);
    const said = conditionBy(status, monitored);
    // Its monitor may have come to its end since its status was read.
    const condition = said.lost ? conditionOf(name) : said;
    // An ephemeral one takes its files along, its status last.
    if (!condition.status && launch?.options.ephemeral && !existsSync(at(name).launch)) return [];
    const freezer = freezers.get(name);
    const frozen = freezer !== undefined && saysFrozen(freezer.toString('latin1'));
    return [listed(name, { record, launch, problem: further }, condition, frozen)];
  });
}

interface Facts {
  launch: LaunchRecord | undefined;
  status: Status | undefined;
}

interface Records {
  record: LaunchRecord | Config | undefined;
  launch: LaunchRecord | undefined;
  problem: string | undefined;
}

function listed(
  name: string,
  { record, launch, problem }: Records,
  { state, lost, status }: Condition,
  frozen: boolean,
): ListedContainer {
  // What was to vanish and is there yet is about to, or is left for `cofferdam gc`.
  const running = state === 'running';
  const options = record?.options;
  return {
    name,
    state: running && frozen ? 'paused' : state,
    pid: running ? status?.first.pid : undefined,
    monitorLost: lost,
    createdAt: new Date(record?.createdAt ?? 0),
    startedAt: status && status.startedAt > 0 ? new Date(status.startedAt) : undefined,
    exitCode: state === 'stopped' ? (lost ? null : status?.exitCode) : undefined,
    restarts: status?.restarts ?? 0,
    command: launch?.command ?? options?.command ?? [],
    ephemeral: options?.ephemeral ?? false,
    autostart: options?.autostart !== undefined && options.autostart !== false,
    source: record?.source,
    problem,
  };
}

/** All detached containers, by name, whichever program made them. Waits for nobody. */
export async function listContainers(): Promise<ListedContainer[]> {
  const all = new Set([...namesIn(homesDirectory()), ...namesIn(containersDirectory())]);
  return describe([...all].sort());
}
