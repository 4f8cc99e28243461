/**
 * The state directory: what outlives a program. `/run/cofferdam` for root, `$XDG_RUNTIME_DIR/cofferdam` for others, or
 * `$COFFERDAM_ROOT/run`. Mode 0700: a root file system below it may hold set-user-ID programs (CVE-2021-41103).
 */
import { lstatSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createError } from '../errors.ts';

export interface StateDirectory {
  /** The directory itself. */
  run: string;
  /** An empty directory for the first mount of a launch, in the container's own mount namespace. */
  stage: string;
  /** Undo journals, one for each living program. */
  journals: string;
}

let current: StateDirectory | undefined;

function runPath(): string {
  const root = process.env.COFFERDAM_ROOT;
  if (root) return join(resolve(root), 'run');
  const uid = process.geteuid?.() ?? 0;
  if (uid === 0) return '/run/cofferdam';
  return join(process.env.XDG_RUNTIME_DIR ?? join(tmpdir(), `cofferdam-${uid}`), 'cofferdam');
}

/** Make a directory that nobody else can have prepared: ours, not a link, not writable by others. */
function makePrivate(path: string): string {
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
  current = { run, stage: makePrivate(join(run, 'stage')), journals: makePrivate(join(run, 'journals')) };
  return current;
}

/** Where the state directory is or would be; makes nothing. Once it is made it stays, whatever the environment says. */
export function stateDirectoryPaths(): StateDirectory {
  if (current) return current;
  const run = runPath();
  return { run, stage: join(run, 'stage'), journals: join(run, 'journals') };
}
