/** Another name for a container that does not run. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mapValues, withValue } from './config/edit.ts';
import { copiesOf } from './dependents.ts';
import { makeDirectory, takeAway } from './directory.ts';
import { failure, opened } from './found.ts';
import type { Places } from './places.ts';

export async function rename(from: Places, to: Places): Promise<void> {
  const copies = copiesOf(from);
  if (copies.length > 0) throw failure(`${from.name} has overlay copies, which need its name: ${copies.join(', ')}`);
  const text = readFileSync(from.config, 'utf8');
  await makeDirectory(to, async (directory) => {
    for (const name of ['rootfs', 'delta0', 'delta0.work', 'snaps'] as const)
      try {
        renameSync(join(from.directory, name), join(directory, name));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      }
    const moved = mapValues(
      text,
      (key) => key === 'lxc.rootfs.path' || key.startsWith('lxc.mount.') || key.startsWith('lxc.hook.'),
      (value) => value.replaceAll(`${from.directory}/`, `${to.directory}/`),
    );
    writeFileSync(join(directory, 'config'), withValue(moved, 'lxc.uts.name', to.name), { mode: 0o640 });
  });
  takeAway(from).remove();
  await (await opened(from))?.remove();
}
