/** Another name for a container that does not run. */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mapValues, withValue } from './config/edit.ts';
import { copiesOf } from './dependents.ts';
import { isTaken, taken } from './directory.ts';
import { failure, opened } from './found.ts';
import { namesIn, type Places } from './places.ts';

/** Its own configuration and those of its snapshots, as paths below its directory. */
const configsOf = ({ snapshots }: Places): string[] => [
  'config',
  ...namesIn(snapshots).map((name) => join('snaps', name, 'config')),
];

const draftOf = (config: string): string => `${config}.new`;

/** Everything of a container's directory goes along, so that each path into it has another beginning. */
function renamed(text: string, from: Places, to: Places): string {
  const moved = mapValues(
    text,
    () => true,
    (value) => value.replaceAll(`${from.directory}/`, `${to.directory}/`),
  );
  return withValue(moved, 'lxc.uts.name', to.name);
}

export async function rename(from: Places, to: Places): Promise<void> {
  const copies = copiesOf(from);
  if (copies.length > 0) throw failure(`${from.name} has overlay copies, which need its name: ${copies.join(', ')}`);
  if (existsSync(to.directory)) throw taken(to);
  mkdirSync(to.path, { recursive: true, mode: 0o711 });
  const configs = configsOf(from);
  try {
    // All that takes room comes before anything is changed.
    for (const config of configs) {
      const text = renamed(readFileSync(join(from.directory, config), 'utf8'), from, to);
      writeFileSync(join(from.directory, draftOf(config)), text, { mode: 0o640 });
    }
    renameSync(from.directory, to.directory);
  } catch (error) {
    for (const config of configs) rmSync(join(from.directory, draftOf(config)), { force: true });
    throw isTaken(error) ? taken(to) : error;
  }
  for (const config of configs) renameSync(join(to.directory, draftOf(config)), join(to.directory, config));
  await (await opened(from))?.remove();
}
