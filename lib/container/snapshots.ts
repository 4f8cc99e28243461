/**
 * Snapshots of a detached container: the layer that it has written so far is only read from then on, and a new one goes on
 * top. Nothing is copied, so both taking one and going back take a moment, however many files there are.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { createError } from '../errors.ts';
import { removeTrees } from '../launch/copy.ts';
import type { OverlayRootfs, RootfsOption } from '../options/types.ts';
import { namesIn } from '../state/files.ts';
import { containersDirectory, homesDirectory, placesOf } from '../state/places.ts';
import { type Config, ifReadable, readConfig, readLaunch, type StoredSnapshot, writeConfig } from '../state/records.ts';
import { lowerOf, ownFiles } from './layers.ts';

/** A state of a container's files to which it can go back. */
export interface Snapshot {
  name: string;
  createdAt: Date;
}

const layersDirectory = (name: string): string => `${placesOf(name).home}/layers`;

/** Where nobody has written yet. */
function newLayer(name: string): { upper: string; work: string } {
  const all = layersDirectory(name);
  const number = 1 + Math.max(0, ...namesIn(all).map(Number).filter(Number.isInteger));
  mkdirSync(`${all}/${number}`, { recursive: true, mode: 0o700 });
  return { upper: `${all}/${number}/upper`, work: `${all}/${number}/work` };
}

/** A root file system with these layers, the uppermost first, and one of its own on top. */
function onTop(name: string, rootfs: RootfsOption, lower: readonly string[]): RootfsOption {
  if (typeof rootfs === 'object' && rootfs.upper === undefined) return { ...rootfs, lower };
  const overlay: Partial<OverlayRootfs> = typeof rootfs === 'object' ? rootfs : {};
  return { ...overlay, lower, ...newLayer(name) };
}

const layersOf = (rootfs: RootfsOption): string[] => {
  if (rootfs === 'host') return [];
  const own = ownFiles(rootfs);
  return [...(own === undefined ? [] : [own]), ...(typeof rootfs === 'string' ? [] : lowerOf(rootfs))];
};

/** Layers that a start, a way back, or a copy would miss. */
function mentioned(name: string): string[] {
  const config = readConfig(name);
  const own = config
    ? [...layersOf(config.options.rootfs), ...(config.snapshots ?? []).flatMap((each) => each.layers)]
    : [];
  const others = [
    ...namesIn(homesDirectory()).map((each) => ifReadable(() => readConfig(each))),
    ...namesIn(containersDirectory()).map((each) => ifReadable(() => readLaunch(each))),
  ].filter((each) => each?.source === name);
  return [...own, ...others.flatMap((each) => (each ? layersOf(each.options.rootfs) : []))];
}

/** Remove the container's own layers that are of no use any more. */
async function dropLayers(name: string): Promise<void> {
  const used = mentioned(name);
  const { home, upper, work } = placesOf(name);
  const layers = namesIn(layersDirectory(name)).map((number) => ({
    files: `${layersDirectory(name)}/${number}/upper`,
    trees: [`${layersDirectory(name)}/${number}`],
  }));
  const first = [
    { files: upper, trees: [upper, work] },
    { files: `${home}/rootfs`, trees: [`${home}/rootfs`] },
  ];
  const unused = [...layers, ...first].filter(({ files }) => !used.includes(files)).flatMap(({ trees }) => trees);
  const there = unused.filter((path) => existsSync(path));
  if (there.length > 0) await removeTrees(there);
}

const shown = ({ name, createdAt }: StoredSnapshot): Snapshot => ({ name, createdAt: new Date(createdAt) });

function configOf(name: string): Config {
  const config = readConfig(name);
  if (config) return config;
  throw createError('ERR_NO_SUCH_CONTAINER', { id: name });
}

function found({ name, snapshots = [] }: Config, wanted: string): StoredSnapshot {
  const snapshot = snapshots.find((each) => each.name === wanted);
  if (snapshot) return snapshot;
  const there = snapshots.map((each) => each.name).join(', ') || 'none';
  throw createError('ERR_NO_SUCH_SNAPSHOT', { id: name, snapshot: wanted, there });
}

/** The oldest first. */
export const snapshotsOf = (name: string): Snapshot[] => (configOf(name).snapshots ?? []).map(shown);

/** Where it cannot be, the new layer is of no use. */
async function written(config: Config): Promise<void> {
  try {
    writeConfig(config);
  } catch (error) {
    await dropLayers(config.name);
    throw error;
  }
}

/** Of a container that is locked and does not run. @param wanted default: `snap0`, or the next number */
export async function takeSnapshot(name: string, wanted: string | undefined): Promise<Snapshot> {
  const config = configOf(name);
  const { options, snapshots = [] } = config;
  if (options.rootfs === 'host')
    throw createError('ERR_UNSUPPORTED', {
      feature: 'snapshot',
      reason: "nothing of a container with rootfs 'host' stays",
      hint: 'give it a directory, or an overlay with an upper one',
    });
  const numbers = snapshots.map((each) => Number(/^snap(\d+)$/.exec(each.name)?.[1] ?? -1));
  const snapshot: StoredSnapshot = {
    name: wanted ?? `snap${Math.max(-1, ...numbers) + 1}`,
    createdAt: Date.now(),
    // What was never started has no upper directory yet.
    layers: layersOf(options.rootfs).filter((path) => existsSync(path)),
  };
  if (snapshots.some((each) => each.name === snapshot.name))
    throw createError('ERR_NAME_IN_USE', { id: `${name}/${snapshot.name}` });
  const rootfs = onTop(name, options.rootfs, snapshot.layers);
  await written({ ...config, options: { ...options, rootfs }, snapshots: [...snapshots, snapshot] });
  return shown(snapshot);
}

/** Of a container that is locked and does not run: what it has written since is gone. */
export async function restoreSnapshot(name: string, wanted: string): Promise<void> {
  const config = configOf(name);
  const { layers } = found(config, wanted);
  const rootfs = onTop(name, config.options.rootfs, layers);
  await written({ ...config, options: { ...config.options, rootfs } });
  await dropLayers(name);
}

/** Of a container that is locked. Its files stay as they are. */
export async function removeSnapshot(name: string, wanted: string): Promise<void> {
  const config = configOf(name);
  const gone = found(config, wanted);
  writeConfig({ ...config, snapshots: (config.snapshots ?? []).filter((each) => each !== gone) });
  await dropLayers(name);
}
