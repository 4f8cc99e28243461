/** Who shares a container's files, and would lose them with it. */
import { namesIn } from '../state/files.ts';
import { containersDirectory, homesDirectory } from '../state/places.ts';
import { ifReadable, readConfig, readLaunch } from '../state/records.ts';
import { conditionOf } from '../state/status.ts';

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
    ...namesIn(homesDirectory()).filter((name) => isSharing(name, source)),
    ...namesIn(containersDirectory()).filter((name) => isRunningOn(name, source)),
  ];
  return [...new Set(found)].sort();
}
