/** Who shares a container's files, and would lose them with it. */
import { readdirSync } from 'node:fs';
import { containersDirectory, homesDirectory } from '../state/places.ts';
import { ifReadable, readConfig, readLaunch } from '../state/records.ts';
import { conditionOf } from '../state/status.ts';

function names(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

const isSharing = (name: string, source: string): boolean => {
  const config = ifReadable(() => readConfig(name));
  return config?.source === source && config.shares === true;
};

/** An ephemeral one, as long as it runs. */
function isRunningOn(name: string, source: string): boolean {
  const launch = ifReadable(() => readLaunch(name));
  if (launch?.source !== source || !launch.options.ephemeral) return false;
  const { state } = conditionOf(name);
  return state !== 'created' && state !== 'stopped';
}

/** By name. */
export function copiesOf(source: string): string[] {
  const found = [
    ...names(homesDirectory()).filter((name) => isSharing(name, source)),
    ...names(containersDirectory()).filter((name) => isRunningOn(name, source)),
  ];
  return [...new Set(found)].sort();
}
