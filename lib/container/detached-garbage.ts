/** What is left of detached containers whose monitors, or whose makers, were killed. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { openLauncher } from '../launch/launcher.ts';
import { native } from '../native.ts';
import { decodeOperations } from '../program/decode.ts';
import { undoFailureText } from '../program/undo-failure.ts';
import { namesIn } from '../state/files.ts';
import { tryLock } from '../state/lock.ts';
import { containersDirectory, homesDirectory, placesOf, statusDirectory } from '../state/places.ts';
import { type Config, hasOutlived, isDamage, readConfig, readLaunch } from '../state/records.ts';
import { conditionOf } from '../state/status.ts';
import type { Garbage } from './garbage-found.ts';
import { hasLeftovers } from './leftovers.ts';

/** Files of a container that is none: nothing says what it is, or it was to vanish with its end. */
function remains(name: string): string[] {
  const { home, directory, status, launch } = placesOf(name);
  let config: Config | undefined;
  let launched: boolean;
  try {
    config = readConfig(name);
  } catch {
    // A later release's, or damaged, and then there may be files that somebody wants: not ours to judge.
    return [];
  }
  try {
    launched = readLaunch(name)?.options.ephemeral === true;
  } catch (error) {
    // Of a run that is over, it is of no use.
    return isDamage(error) ? [launch] : [];
  }
  const { state } = conditionOf(name);
  const outlived = config !== undefined && hasOutlived(config);
  const vanishes = !config || outlived || (launched && state === 'stopped');
  if (!vanishes) return drafts(name);
  const removes = outlived ? (config?.options.removes ?? []) : [];
  // Its configuration last: what is left when somebody is killed here is found again.
  return [...removes, status, directory, home].filter((path) => existsSync(path));
}

/** What a program was writing when it was killed. */
function drafts(name: string): string[] {
  const { home, directory } = placesOf(name);
  return [home, directory].flatMap((path) =>
    namesIn(path)
      .filter((file) => file.endsWith('.new'))
      .map((file) => `${path}/${file}`),
  );
}

function undo(name: string, dryRun: boolean): Garbage | undefined {
  if (!hasLeftovers(name)) return undefined;
  const { program, control } = placesOf(name);
  const bytes = readFileSync(program);
  const operations = decodeOperations(bytes, ['undo', 'janitor']);
  if (!dryRun) openLauncher();
  const failed = dryRun ? null : native().undo(bytes);
  if (!dryRun && !failed) for (const path of [program, control]) rmSync(path, { force: true });
  const errors = failed ? [undoFailureText(failed, bytes)] : [];
  return { journal: program, undo: operations, errors };
}

function collect(name: string, dryRun: boolean): Garbage[] {
  // A container that lives without a monitor is no garbage: its end is for stop() and remove().
  const { state } = conditionOf(name);
  if (state !== 'created' && state !== 'stopped') return [];
  const undone = undo(name, dryRun);
  const found = undone ? [undone] : [];
  if (undone?.errors.length) return found;
  const paths = remains(name);
  if (paths.length > 0) {
    if (!dryRun) for (const path of paths) rmSync(path, { recursive: true, force: true });
    found.push({ journal: placesOf(name).directory, undo: paths.map((path) => `remove '${path}'`), errors: [] });
  }
  return found;
}

/** Whoever starts, copies or removes a container has its lock: it is left alone. */
export function collectDetachedGarbage(dryRun: boolean): Garbage[] {
  const all = new Set([...namesIn(homesDirectory()), ...namesIn(containersDirectory()), ...namesIn(statusDirectory())]);
  return [...all].flatMap((name) => {
    const known = existsSync(placesOf(name).directory);
    const lock = tryLock(name);
    if (!lock) return [];
    try {
      return collect(name, dryRun);
    } finally {
      // Before the lock is: nobody may have it on a directory that goes.
      if (!known) rmSync(placesOf(name).directory, { recursive: true, force: true });
      lock.release();
    }
  });
}
