/** Files that are there whole or not at all, whoever is killed meanwhile. */
import { closeSync, fsyncSync, openSync, readdirSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { CofferdamSystemError } from '../errors.ts';

/** Mode 0600: what containers are started with may hold secrets. */
export function writeWhole(path: string, text: string, { durable = false }: { durable?: boolean } = {}): void {
  const draft = `${path}.${process.pid}.new`;
  let descriptor: number | undefined;
  try {
    descriptor = openSync(draft, 'wx', 0o600);
    const bytes = Buffer.from(text);
    for (let done = 0; done < bytes.length; ) done += writeSync(descriptor, bytes, done);
    if (durable) fsyncSync(descriptor);
    closeSync(descriptor);
    descriptor = undefined;
    renameSync(draft, path);
  } catch (error) {
    if (descriptor !== undefined) closeSync(descriptor);
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') {
      // Of a program with this pid that was killed here.
      rmSync(draft);
      writeWhole(path, text, { durable });
      return;
    }
    rmSync(draft, { force: true });
    throw unwritten(path, error as NodeJS.ErrnoException);
  }
}

/** write(2) of a descriptor says nothing of the file. */
const unwritten = (path: string, cause: NodeJS.ErrnoException): Error =>
  new CofferdamSystemError(
    {
      errno: cause.errno ?? 0,
      syscall: cause.syscall ?? 'write',
      path,
      step: `write '${path}'`,
      remedy: REMEDIES[cause.code ?? ''],
    },
    { cause },
  );

const REMEDIES: Readonly<Record<string, string>> = {
  ENOSPC: 'make room there, or choose another place by COFFERDAM_ROOT',
  EDQUOT: 'make room there, or choose another place by COFFERDAM_ROOT',
  EROFS: 'choose another place by COFFERDAM_ROOT',
};

/** What there is, or `otherwise` when there is no such file. */
export function ifThere<Value>(read: () => Value, otherwise: Value): Value {
  try {
    return read();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return otherwise;
    throw error;
  }
}

/** A file's text; undefined when there is none. */
export const readIfThere = (path: string): string | undefined => ifThere(() => readFileSync(path, 'utf8'), undefined);

/** Names in a directory; none when there is no directory. Any of them may be gone a moment later. */
export const namesIn = (path: string): string[] => ifThere(() => readdirSync(path), []);
