/** One container, one program at a time: flock(2) on its run directory. */
import { closeSync, existsSync, fstatSync, mkdirSync, openSync, rmdirSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { createError } from '../errors.ts';
import { native } from '../native.ts';
import { stateDirectory } from './directory.ts';
import { placesOf } from './places.ts';

/** Who holds it starts, stops or removes a container: that takes milliseconds, a stop as long as its timeout. */
const FIRST_PAUSE = 1;
const LONGEST_PAUSE = 50;
const PATIENCE = 30_000;

/** The lock is gone with the descriptor, and so with the program. */
export interface Lock {
  release(): void;
}

/** The lock, when nobody has it now. The directory may have been removed since it was opened: then it is another one's. */
export function tryLock(name: string, shared = false): Lock | undefined {
  const { directory } = placesOf(name);
  mkdirSync(directory, { mode: 0o700, recursive: true });
  let descriptor: number;
  try {
    descriptor = openSync(directory, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const mine = fstatSync(descriptor);
  if (native().lock(descriptor, shared) && statSync(directory, { throwIfNoEntry: false })?.ino === mine.ino)
    return { release: () => closeSync(descriptor) };
  closeSync(descriptor);
  return undefined;
}

/**
 * Wait for a container's lock.
 * @throws ERR_CONTAINER_BUSY when another program has had it for half a minute
 */
async function takeLock(name: string, shared: boolean): Promise<Lock> {
  stateDirectory();
  let pause = FIRST_PAUSE;
  for (const end = Date.now() + PATIENCE; ; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
    const lock = tryLock(name, shared);
    if (lock) return lock;
    if (Date.now() > end) throw createError('ERR_CONTAINER_BUSY', { id: name });
    await sleep(pause);
  }
}

/**
 * Do something that no other program may do with this container meanwhile.
 * @param options.shared others may do it, too, as long as nobody starts or removes it: copying
 */
export async function locked<Result>(
  name: string,
  work: () => Promise<Result>,
  { shared = false }: { shared?: boolean } = {},
): Promise<Result> {
  const lock = await takeLock(name, shared);
  try {
    return await work();
  } finally {
    // Before the lock is: nobody may have it on a directory that goes.
    removeUnused(name);
    lock.release();
  }
}

/** A directory that was made only to be locked: there is no such container, or another program has removed it before. */
function removeUnused(name: string): void {
  const { home, directory, launch } = placesOf(name);
  if (existsSync(home) || existsSync(launch)) return;
  try {
    rmdirSync(directory);
  } catch (error) {
    if (!['ENOENT', 'ENOTEMPTY'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}
