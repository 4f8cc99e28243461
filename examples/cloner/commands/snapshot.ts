/** `cloner snapshot`: states of a container, kept in its own directory. */
import {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type Invocation, UsageError } from '../../shared/command-line.ts';
import { readConfig } from '../config/read.ts';
import { fillCopy } from '../copies.ts';
import { copiesOf } from '../dependents.ts';
import { makeDirectory, takeAway } from '../directory.ts';
import { failure, opened, placesFor, requireDefined, stateOf } from '../found.ts';
import { type Places, placesOf } from '../places.ts';
import type { SNAPSHOT } from '../table/make.ts';

type Values = Invocation<(typeof SNAPSHOT)['options']>['values'];

const isSnapshot = (name: string): boolean => /^snap\d+$/.test(name);
const numberOf = (name: string): number => Number(name.slice('snap'.length));

const snapshotsOf = ({ snapshots }: Places): string[] =>
  existsSync(snapshots)
    ? readdirSync(snapshots)
        .filter(isSnapshot)
        .sort((a, b) => numberOf(a) - numberOf(b))
    : [];

function snapshotPlaces(places: Places, name: string): Places {
  const found = placesOf(places.snapshots, name);
  if (isSnapshot(name) && existsSync(found.config)) return found;
  const there = snapshotsOf(places).join(', ') || 'none';
  throw failure(`${places.name} has no snapshot '${name}'; there are: ${there}`);
}

async function requireStopped(places: Places): Promise<void> {
  const state = await stateOf(places);
  if (state !== 'STOPPED')
    throw failure(`${places.name} is ${state}; stop it first with: cloner stop -n ${places.name}`);
}

/** LXC's form of the time. */
const stamp = (time: Date): string =>
  `${time.getFullYear()}:${[time.getMonth() + 1, time.getDate()].map((part) => String(part).padStart(2, '0')).join(':')} ${time.toTimeString().slice(0, 8)}`;

async function take(places: Places, values: Values): Promise<void> {
  await requireStopped(places);
  const last = snapshotsOf(places).at(-1);
  const snapshot = placesOf(places.snapshots, `snap${last === undefined ? 0 : numberOf(last) + 1}`);
  const config = readConfig(places.config);
  await makeDirectory(snapshot, async (directory) => {
    await fillCopy(places, config, snapshot, directory, { store: 'dir', keepName: true, keepMac: true });
    writeFileSync(join(directory, 'ts'), stamp(new Date()));
    if (values.comment !== undefined) copyFileSync(values.comment, join(directory, 'comment'));
  });
}

/** Under another name it is a container beside the first one; under its own it takes the place of what there is. */
async function restore(places: Places, name: string, newname: string | undefined): Promise<void> {
  const snapshot = snapshotPlaces(places, name);
  const config = readConfig(snapshot.config);
  if (newname !== undefined && newname !== places.name) {
    const copy = placesOf(places.path, newname);
    await makeDirectory(copy, (directory) => fillCopy(snapshot, config, copy, directory, { store: 'dir' }));
    return;
  }
  await requireStopped(places);
  const copies = copiesOf(places).filter((each) => each !== places.name);
  if (copies.length > 0)
    throw failure(`${places.name} has overlay copies, which need its present files: ${copies.join(', ')}`);
  const restored = placesOf(places.path, `.${places.name}.restored-${process.pid}`);
  await makeDirectory(restored, (directory) =>
    fillCopy(snapshot, config, places, directory, { store: 'dir', keepName: true, keepMac: true }),
  );
  const away = takeAway(places);
  renameSync(restored.directory, places.directory);
  // Its snapshots, and what a person has put beside the configuration.
  away.moveBack(['rootfs', 'delta0', 'delta0.work']);
  away.remove();
  await (await opened(places))?.remove();
}

function list(places: Places, comments: boolean): void {
  const names = snapshotsOf(places);
  if (names.length === 0) process.stdout.write('No snapshots\n');
  for (const name of names) {
    const { directory } = placesOf(places.snapshots, name);
    const time = existsSync(join(directory, 'ts'))
      ? readFileSync(join(directory, 'ts'), 'utf8')
      : stamp(statSync(directory).mtime);
    process.stdout.write(`${name} (${directory}) ${time}\n`);
    const comment = join(directory, 'comment');
    if (comments && existsSync(comment)) process.stdout.write(readFileSync(comment));
  }
}

function destroy(places: Places, name: string): void {
  const names = name === 'ALL' ? snapshotsOf(places) : [snapshotPlaces(places, name).name];
  for (const each of names) takeAway(placesOf(places.snapshots, each)).remove();
  if (snapshotsOf(places).length === 0) rmSync(places.snapshots, { recursive: true, force: true });
}

export async function snapshot({ values, words }: Invocation<(typeof SNAPSHOT)['options']>): Promise<number> {
  const places = placesFor(values, words);
  requireDefined(places);
  if (values.newname !== undefined && values.restore === undefined) throw new UsageError('-N needs -r SNAPSHOT');
  if (values.list) list(places, values.showcomments);
  else if (values.destroy !== undefined) destroy(places, values.destroy);
  else if (values.restore !== undefined) await restore(places, values.restore, values.newname);
  else await take(places, values);
  return 0;
}
