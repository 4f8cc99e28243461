/** Directories of containers appear whole under their name, or not at all. */
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { failure } from './found.ts';
import type { Places } from './places.ts';

const taken = ({ name, path }: Places): Error =>
  failure(`${name} is there already in ${path}; give another name, or: cloner destroy -n ${name}`);

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
    if (code === 'ENOTEMPTY' || code === 'EEXIST' || code === 'ENOTDIR') throw taken(places);
    throw code === 'ENOSPC' || code === 'EDQUOT' ? failure(`${directory} cannot be made: ${message}`, error) : error;
  }
}

export interface TakenAway {
  remove(): void;
  restore(): void;
  /** One entry into the directory that has the name now. */
  moveBack(entry: string): void;
}

/** Out of the way at once; what is left of it goes with `remove`, or back to its name with `restore`. */
export function takeAway({ path, name, directory }: Places): TakenAway {
  const hidden = mkdtempSync(join(path, `.${name}.`));
  renameSync(directory, hidden);
  return {
    remove: () => rmSync(hidden, { recursive: true, force: true }),
    restore: () => renameSync(hidden, directory),
    moveBack: (entry) => {
      if (existsSync(join(hidden, entry))) renameSync(join(hidden, entry), join(directory, entry));
    },
  };
}
