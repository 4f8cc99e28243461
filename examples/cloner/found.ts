/** A container of a directory, as the commands find it: its files here, and what the library knows of it. */
import { existsSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { Container, type DetachedContainer, type ListedContainer, listContainers } from 'cofferdam';
import { UsageError } from '../shared/command-line.ts';
import { containerName, defaultPath, libraryName, type Places, placesOf } from './places.ts';
import type { StateName } from './state.ts';
import { stateName } from './state.ts';

/** An error for the user, in one line. */
export const failure = (message: string, cause?: unknown): Error =>
  Object.assign(new Error(message, { cause }), { code: 'ERR_CLONER' });

interface Named {
  readonly name?: string | undefined;
  readonly lxcpath?: string | undefined;
}

/** Which container: `-n NAME`, or the word in its place. */
export function placesFor({ name, lxcpath }: Named, words: readonly string[] = []): Places {
  const [word] = words;
  if (name !== undefined && word !== undefined)
    throw new UsageError(`unexpected word '${word}'; the name was given by -n, and a command goes after '--'`);
  const given = name ?? (word === undefined ? undefined : containerName(word));
  if (given === undefined) throw new UsageError('which container? give its name: -n NAME');
  return placesOf(lxcpath ?? defaultPath(), given);
}

export const isDefined = ({ config }: Places): boolean => existsSync(config);

/** What is said of one that is not. */
export const missing = ({ name, path }: Places): string =>
  `${name} does not exist in ${path}; make it with: cloner create -n ${name} -t busybox`;

/** @throws when it has no configuration */
export function requireDefined(places: Places): void {
  if (!isDefined(places)) throw failure(missing(places));
}

/** What the library has of it; undefined for one that was never started. */
export async function opened(places: Places): Promise<DetachedContainer | undefined> {
  try {
    return await Container.open(libraryName(places));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_NO_SUCH_CONTAINER') return undefined;
    throw error;
  }
}

export async function stateOf(places: Places): Promise<StateName> {
  return stateName((await opened(places))?.state);
}

/** @throws when it does not run, or is frozen where `frozen` is not allowed */
export async function requireRunning(places: Places, frozen = true): Promise<DetachedContainer> {
  requireDefined(places);
  const container = await opened(places);
  const state = stateName(container?.state);
  if (container && (state === 'RUNNING' || (frozen && state === 'FROZEN'))) return container;
  throw failure(
    state === 'FROZEN'
      ? `${places.name} is frozen; let it go on with: cloner unfreeze -n ${places.name}`
      : `${places.name} does not run; start it with: cloner start -n ${places.name}`,
  );
}

/** Of all containers that the library knows, by its names. */
export async function known(): Promise<ReadonlyMap<string, ListedContainer>> {
  return new Map((await listContainers()).map((each) => [each.name, each]));
}

/** The pid of another container, for `lxc.namespace.share`: a name in the same directory, or a path. */
export const pidFinder =
  (path: string, all: ReadonlyMap<string, ListedContainer>) =>
  (whose: string): number | undefined =>
    all.get(libraryName(whose.startsWith('/') ? placesOf(dirname(whose), basename(whose)) : placesOf(path, whose)))
      ?.pid;
