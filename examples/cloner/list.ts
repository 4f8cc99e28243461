/** All containers of a directory, with what can be said of each. */
import { readFileSync } from 'node:fs';
import { type RunningContainer, RunningContainers } from 'cofferdam';
import { addressesOf, interfacesOf } from './addresses.ts';
import type { Config } from './config/config.ts';
import { parseConfig } from './config/read.ts';
import { known } from './found.ts';
import { libraryName, namesIn, placesOf } from './places.ts';
import { type StateName, stateName } from './state.ts';

export interface Row {
  name: string;
  state: StateName;
  /** Of the first process, on the host; null unless it runs. */
  pid: number | null;
  ipv4: string[];
  ipv6: string[];
  interfaces: string[];
  autostart: boolean;
  groups: string[];
  /** In a user namespace of its own. */
  unprivileged: boolean;
  ephemeral: boolean;
  /** Bytes; null unless it runs and the kernel counts them. */
  memory: number | null;
  swap: number | null;
}

/** Nothing but what there is: a configuration that cannot be read is none. */
function configOf(file: string): Config | undefined {
  try {
    return parseConfig(readFileSync(file, 'utf8'), file).config;
  } catch {
    return undefined;
  }
}

const usageOf = (running: RunningContainer | undefined): { memory: number | null; swap: number | null } => {
  try {
    const memory = running?.stats().memory;
    return { memory: memory?.current ?? null, swap: memory?.swap ?? null };
  } catch {
    return { memory: null, swap: null };
  }
};

/** @param usage Memory and swap as well, which takes a look at every cgroup. */
export async function rowsOf(path: string, usage = false): Promise<Row[]> {
  const all = await known();
  const running = new RunningContainers();
  const used = usage ? new Map(running.refresh().map((each) => [each.id, each])) : new Map<string, RunningContainer>();
  const rows = namesIn(path).map((name): Row => {
    const places = placesOf(path, name);
    const id = libraryName(places);
    const listed = all.get(id);
    const pid = listed?.pid;
    const config = configOf(places.config);
    return {
      name,
      state: stateName(listed?.state),
      pid: pid ?? null,
      ...(pid === undefined ? { ipv4: [], ipv6: [] } : addressesOf(pid)),
      interfaces: pid === undefined ? [] : interfacesOf(pid),
      autostart: config?.autostart ?? false,
      groups: config?.startGroups ?? [],
      unprivileged: (config?.uidMap.length ?? 0) > 0,
      ephemeral: config?.ephemeral ?? false,
      ...usageOf(used.get(id)),
    };
  });
  running.close();
  return rows;
}
