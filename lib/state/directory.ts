/**
 * The state directory: what outlives a program. `/run/cofferdam` for root, `$XDG_RUNTIME_DIR/cofferdam` for
 * others (`/tmp/cofferdam-UID` where there is none), or `$COFFERDAM_ROOT/run`. Mode 0700: a root file system below it may hold set-user-ID programs (CVE-2021-41103).
 */
import { existsSync, lstatSync, mkdirSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createError } from '../errors.ts';

export interface StateDirectory {
  /** The directory itself. */
  run: string;
  /** An empty directory for the first mount of a launch, in the container's own mount namespace. */
  stage: string;
  /** Undo journals, one for each living program. */
  journals: string;
  /** Ranges of ids that containers have. */
  ids: string;
  /** Run directories of detached containers, see places.ts. */
  containers: string;
  /** What their monitors say of them. */
  status: string;
}

const LIBRARY = '/var/lib/cofferdam';

let current: StateDirectory | undefined;
let library: string | undefined;

/** Parents first. */
const pathsIn = (run: string): StateDirectory => ({
  run,
  stage: join(run, 'stage'),
  journals: join(run, 'journals'),
  ids: join(run, 'ids'),
  containers: join(run, 'containers'),
  status: join(run, 'status'),
});

function runPath(): string {
  const root = process.env.COFFERDAM_ROOT;
  if (root) return join(resolve(root), 'run');
  const uid = process.geteuid?.() ?? 0;
  if (uid === 0) return '/run/cofferdam';
  const runtime = process.env.XDG_RUNTIME_DIR;
  // sudo and su keep the variable of the user before.
  if (runtime && lstatSync(runtime, { throwIfNoEntry: false })?.uid === uid) return join(runtime, 'cofferdam');
  return join(tmpdir(), `cofferdam-${uid}`);
}

/** Where what stays is kept: `/var/lib/cofferdam`, `$XDG_DATA_HOME/cofferdam` for others than root, or `$COFFERDAM_ROOT/lib`. */
export function libraryPath(): string {
  library ??= findLibrary();
  return library;
}

function findLibrary(): string {
  const root = process.env.COFFERDAM_ROOT;
  if (root) return join(resolve(root), 'lib');
  if (process.geteuid?.() === 0) return LIBRARY;
  return join(process.env.XDG_DATA_HOME ?? join(homedir(), '.local/share'), 'cofferdam');
}

/** What no container may see of the host: the state of this program, and of those that have the usual place. */
export function stateDirectories(): string[] {
  const own = [stateDirectoryPaths().run, libraryPath()];
  return own.includes(LIBRARY) || !existsSync(LIBRARY) ? own : [...own, LIBRARY];
}

/** Make a directory that nobody else can have prepared: ours, not a link, not writable by others. */
export function makePrivate(path: string): string {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw createError(
      'ERR_PERMISSION',
      {
        what: `the state directory '${path}', which could not be made (${(cause as Error).message}),`,
        needed: 'a directory that this user may write to',
        hint: 'choose another place by COFFERDAM_ROOT',
      },
      { cause },
    );
  }
  const facts = lstatSync(path);
  if (!facts.isDirectory() || facts.uid !== process.geteuid?.() || (facts.mode & 0o077) !== 0)
    throw createError('ERR_PERMISSION', {
      what: `the state directory '${path}'`,
      needed: 'to be a directory of this user with mode 0700',
      hint: 'remove it, or choose another place by COFFERDAM_ROOT',
    });
  return path;
}

/** The state directory of this program, made when missing. @throws {CofferdamError} ERR_PERMISSION */
export function stateDirectory(): StateDirectory {
  if (current) return current;
  const run = makePrivate(runPath());
  const paths = pathsIn(run);
  for (const path of Object.values(paths)) makePrivate(path);
  current = paths;
  return current;
}

/** Where the state directory is or would be; makes nothing. Once it is made it stays, whatever the environment says. */
export function stateDirectoryPaths(): StateDirectory {
  if (current) return current;
  return pathsIn(runPath());
}
