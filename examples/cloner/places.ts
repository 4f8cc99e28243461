/** Where containers are: a directory for each, as LXC lays them out below /var/lib/lxc. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { UsageError } from '../shared/command-line.ts';

/** Where they are unless `-P` says otherwise. */
export const defaultPath = (env: NodeJS.ProcessEnv = process.env): string =>
  join(env.COFFERDAM_ROOT ? resolve(env.COFFERDAM_ROOT, 'lib') : '/var/lib/cofferdam', 'cloner');

export interface Places {
  readonly path: string;
  readonly name: string;
  readonly directory: string;
  readonly config: string;
  readonly rootfs: string;
  /** Changes of an overlay copy. */
  readonly upper: string;
  readonly snapshots: string;
}

export function placesOf(path: string, name: string): Places {
  const directory = join(path, name);
  return {
    path,
    name,
    directory,
    config: join(directory, 'config'),
    rootfs: join(directory, 'rootfs'),
    upper: join(directory, 'delta0'),
    snapshots: join(directory, 'snaps'),
  };
}

/** What the library takes as a name; a digest is added for other directories than the default one. */
const NAME = /^[A-Za-z0-9_+-][A-Za-z0-9_+.-]*$/;
const LONGEST = 55;

export function containerName(text: string): string {
  if (!NAME.test(text))
    throw new UsageError(
      `'${text}' is not a name; use letters, digits, '_', '-', '+' and '.', and begin with none of '.'`,
    );
  if (text.length > LONGEST)
    throw new UsageError(`a name has at most ${LONGEST} characters, this one has ${text.length}`);
  return text;
}

/** The directory as it is when nothing of it is a link: two ways to write it are one. */
const real = (path: string): string => (existsSync(path) ? realpathSync(path) : resolve(path));

/** What the library calls it: containers of two directories may have one name. */
export function libraryName({ path, name }: Places): string {
  const given = real(path);
  if (given === real(defaultPath())) return name;
  return `${name}-${createHash('sha256').update(given).digest('hex').slice(0, 8)}`;
}

/** The names of all containers of a directory: what has a configuration. */
export function namesIn(path: string): string[] {
  let entries: string[];
  try {
    entries = readdirSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  return entries.filter((name) => NAME.test(name) && existsSync(join(path, name, 'config'))).sort();
}
