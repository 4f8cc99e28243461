/** `clone()`: copies of a container, those that share its files and those that have their own. */
import { existsSync, rmSync } from 'node:fs';
import { createError } from '../errors.ts';
import { copyTrees, removeTrees } from '../launch/copy.ts';
import { type NormalizedClone, normalizeCloneOptions } from '../options/clone.ts';
import { id } from '../options/names.ts';
import type { CloneOptions, ContainerOptions, RootfsOption } from '../options/types.ts';
import { randomName } from '../program/names.ts';
import { locked } from '../state/lock.ts';
import { placesOf } from '../state/places.ts';
import {
  type Config,
  RECORD_VERSION,
  readConfig,
  readLaunch,
  type StoredOptions,
  writeConfig,
} from '../state/records.ts';
import { conditionOf } from '../state/status.ts';
import { DetachedContainer } from './detached.ts';
import { fullCopy, lowerOf, overlayCopy, ownFiles } from './layers.ts';
import { undoLeftovers } from './leftovers.ts';
import { makeHome } from './traces.ts';

/**
 * Copies of a container that does not run. An ephemeral copy is started at once, reads the source's files, and vanishes with
 * its own when it stops. Any other is there to be started, with files of its own or (`snapshot`) with the source's as the
 * lower layer of an overlay.
 * @throws ERR_NO_SUCH_CONTAINER, ERR_NAME_IN_USE; ERR_CONTAINER_STATE when the source runs; as `start()`
 */
export async function clone(
  source: string | DetachedContainer,
  options: CloneOptions & { count: number },
): Promise<DetachedContainer[]>;
export async function clone(source: string | DetachedContainer, options?: CloneOptions): Promise<DetachedContainer>;
export async function clone(
  source: string | DetachedContainer,
  options: CloneOptions = {},
): Promise<DetachedContainer | DetachedContainer[]> {
  const wanted = normalizeCloneOptions(options);
  const name = id(typeof source === 'object' ? source?.name : source, 'source');
  // Nobody starts it meanwhile, but others may copy it, too.
  return locked(name, () => copies(name, wanted), { shared: true });
}

async function copies(name: string, wanted: NormalizedClone): Promise<DetachedContainer | DetachedContainer[]> {
  const original = readConfig(name);
  if (!original) throw createError('ERR_NO_SUCH_CONTAINER', { id: name });
  const { state } = conditionOf(name);
  if (state !== 'created' && state !== 'stopped')
    throw createError('ERR_CONTAINER_STATE', { action: 'copy', id: name, state, needed: 'stopped' });
  const copy = wanted.ephemeral ? ephemeralCopy : lastingCopy;
  const settled = await Promise.allSettled(namesOf(name, wanted).map((each) => copy(original, each, wanted)));
  const failed = settled.find((each) => each.status === 'rejected');
  const made = settled.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  if (failed) {
    // All or none.
    await Promise.all(made.map((each) => each.remove()));
    throw failed.reason;
  }
  return wanted.count === undefined ? (made[0] as DetachedContainer) : made;
}

/** Of a source's name in that of a copy, so that it is none too long: 64 less a random name, a number and their hyphens. */
const MOST_OF_NAME = 44;

function namesOf(source: string, { name, count }: NormalizedClone): string[] {
  const base = name ?? `${source.slice(0, MOST_OF_NAME)}-${randomName()}`;
  if (count === undefined || (count === 1 && name === undefined)) return [base];
  return Array.from({ length: count }, (_, index) => `${base}-${index + 1}`);
}

/** What is of the source alone: it is started with the machine, and again, not each copy. */
function inherited({ autostart: _autostart, ...options }: StoredOptions): StoredOptions {
  return options;
}

function refuseTaken(name: string): void {
  if (readConfig(name) || readLaunch(name)) throw createError('ERR_NAME_IN_USE', { id: name });
}

/** By default its files are in a tmpfs of its own mount namespace: there is nothing to remove, whoever is killed. */
async function ephemeralCopy(
  source: Config,
  name: string,
  { command, tmpfs, size }: NormalizedClone,
): Promise<DetachedContainer> {
  const { restart: _restart, ...options } = inherited(source.options);
  const rootfs = overlayCopy(options.rootfs, tmpfs ? undefined : placesOf(name), size);
  const stored: StoredOptions = { ...options, rootfs, ephemeral: true };
  const container = new DetachedContainer({ ...stored, name } as ContainerOptions);
  await locked(name, async () => {
    refuseTaken(name);
    await undoLeftovers(name);
    const { directory, home } = placesOf(name);
    try {
      if (!tmpfs) makeHome(name);
      const record = { options: stored, createdAt: Date.now(), source: source.name };
      await container.launchRun(record, command ?? options.command ?? [], {});
    } catch (error) {
      rmSync(directory, { recursive: true, force: true });
      if (!tmpfs) rmSync(home, { recursive: true, force: true });
      throw error;
    }
  });
  return container;
}

/** Layers of the source's snapshots are shared even by a copy that has its own files. */
const sharesLayers = (rootfs: RootfsOption, source: string): boolean =>
  typeof rootfs === 'object' && lowerOf(rootfs).some((path) => path.startsWith(`${placesOf(source).home}/`));

/** There when its configuration is: whoever finds a directory without one finds the rest of a copy that was not finished. */
async function lastingCopy(source: Config, name: string, { snapshot }: NormalizedClone): Promise<DetachedContainer> {
  const places = placesOf(name);
  const { rootfs } = source.options;
  const options: StoredOptions = {
    ...inherited(source.options),
    rootfs: snapshot ? overlayCopy(rootfs, places) : fullCopy(rootfs, places),
  };
  const container = new DetachedContainer({ ...options, name } as ContainerOptions);
  await locked(name, async () => {
    refuseTaken(name);
    await removeTrees([places.home]);
    makeHome(name);
    try {
      const own = snapshot ? undefined : ownFiles(rootfs);
      const copy = ownFiles(options.rootfs);
      if (own !== undefined && copy !== undefined && existsSync(own)) await copyTrees([{ from: own, to: copy }]);
      writeConfig({
        version: RECORD_VERSION,
        name,
        createdAt: Date.now(),
        options,
        source: source.name,
        ...((snapshot || sharesLayers(options.rootfs, source.name)) && { shares: true }),
      });
    } catch (error) {
      await removeTrees([places.home]).catch(() => {});
      rmSync(places.directory, { recursive: true, force: true });
      throw error;
    }
  });
  return container;
}
