/** Directories of containers appear whole under their name, or not at all. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { failure } from './found.ts';
import type { Places } from './places.ts';

export const taken = ({ name, path }: Places): Error =>
  failure(`${name} is there already in ${path}; give another name, or: cloner destroy -n ${name}`);

/** Whether a directory could not get its name because there is something of that name. */
export const isTaken = (error: unknown): boolean =>
  ['ENOTEMPTY', 'EEXIST', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '');

/**
 * Make a container's directory. `fill` gets one that nobody sees yet.
 * @throws when there is one of the name, and what `fill` throws; then nothing is left
 */
export async function makeDirectory(places: Places, fill: (directory: string) => Promise<void>): Promise<void> {
  const { path, name, directory } = places;
  if (existsSync(directory)) throw taken(places);
  mkdirSync(path, { recursive: true, mode: 0o711 });
  const work = mkdtempSync(join(path, `.${name}.`));
  try {
    await fill(work);
    // Onto a directory with anything in it this fails: of two who make one of the same name, one gets it.
    renameSync(work, directory);
  } catch (error) {
    rmSync(work, { recursive: true, force: true });
    const { code, message } = error as NodeJS.ErrnoException;
    if (isTaken(error)) throw taken(places);
    throw code === 'ENOSPC' || code === 'EDQUOT' ? failure(`${directory} cannot be made: ${message}`, error) : error;
  }
}

export interface TakenAway {
  remove(): void;
  restore(): void;
  /** Into the directory that has the name now: what it has not itself, without `replaced`. */
  moveBack(replaced: readonly string[]): void;
}

/** Out of the way at once; what is left of it goes with `remove`, or back to its name with `restore`. */
export function takeAway({ path, name, directory }: Places): TakenAway {
  const hidden = mkdtempSync(join(path, `.${name}.`));
  renameSync(directory, hidden);
  return {
    remove: () => rmSync(hidden, { recursive: true, force: true }),
    restore: () => renameSync(hidden, directory),
    moveBack: (replaced) => {
      for (const entry of readdirSync(hidden))
        if (!replaced.includes(entry) && !existsSync(join(directory, entry)))
          renameSync(join(hidden, entry), join(directory, entry));
    },
  };
}
