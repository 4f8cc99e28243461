/** Files that are there whole or not at all, whoever is killed meanwhile. */
import { closeSync, fsyncSync, openSync, readdirSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';

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
    throw error;
  }
}

/** What there is, or `otherwise` when there is no such file. */
function ifThere<Value>(read: () => Value, otherwise: Value): Value {
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
