/**
 * Objects as files of one directory that several stores share. What is written goes to a file of its own first and gets its
 * name by rename(2) when it is whole: a reader has the old object or the new one, of two writers one wins, and neither a
 * full disk nor a kill leaves half of one.
 */
import { randomBytes } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { idOf } from './ids.ts';

/** Files that are being written; no object's name begins with a full stop. On the same file system, for rename(2). */
export const INCOMING = '.incoming';

/** An object is longer than the store takes. */
export class TooLarge extends Error {
  override readonly name = 'TooLarge';
}

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

export class Objects {
  readonly #directory: string;
  /** In the names of incoming files, so that those of a dead replica can be told. */
  readonly #owner: string;
  readonly #limit: number;

  /** @param limit Bytes of one object. */
  constructor(directory: string, owner: string, limit: number) {
    this.#directory = directory;
    this.#owner = owner;
    this.#limit = limit;
  }

  async prepare(): Promise<void> {
    await mkdir(join(this.#directory, INCOMING), { recursive: true });
  }

  async list(): Promise<string[]> {
    const names = await readdir(this.#directory);
    return names
      .map(idOf)
      .filter((id) => id !== undefined)
      .sort();
  }

  /** The open file and its length; undefined when there is none. The caller closes it. */
  async read(file: string): Promise<{ handle: FileHandle; size: number } | undefined> {
    let handle: FileHandle;
    try {
      handle = await open(join(this.#directory, file), 'r');
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined;
      throw error;
    }
    try {
      // Of the open file: another may have its name by now.
      return { handle, size: (await handle.stat()).size };
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /**
   * Whole, or not at all.
   * @returns whether it is a new object
   * @throws TooLarge; ENOSPC and its like; what the body ends with when its sender goes away
   */
  async write(file: string, body: AsyncIterable<Uint8Array>): Promise<boolean> {
    const incoming = join(this.#directory, INCOMING, `${this.#owner}-${randomBytes(8).toString('hex')}`);
    const handle = await open(incoming, 'wx', 0o644);
    try {
      let size = 0;
      for await (const chunk of body) {
        size += chunk.length;
        if (size > this.#limit) throw new TooLarge(`an object has at most ${this.#limit} bytes`);
        await handle.writeFile(chunk);
      }
      // A rename may reach the disk before the bytes do.
      await handle.datasync();
      await handle.close();
      const target = join(this.#directory, file);
      const isNew = !(await exists(target));
      await rename(incoming, target);
      return isNew;
    } catch (error) {
      await handle.close().catch(() => {});
      await rm(incoming, { force: true });
      throw error;
    }
  }

  /** Whether there was one. */
  async delete(file: string): Promise<boolean> {
    try {
      await rm(join(this.#directory, file));
      return true;
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return false;
      throw error;
    }
  }

  async deleteAll(): Promise<void> {
    for (const name of await readdir(this.#directory)) if (idOf(name) !== undefined) await this.delete(name);
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await (await open(path, 'r')).close();
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
}

/** Take away what a replica was writing when it was killed. */
export async function discardIncoming(directory: string, owner: string): Promise<void> {
  const names = await readdir(join(directory, INCOMING)).catch(() => []);
  for (const name of names)
    if (name.startsWith(`${owner}-`)) await rm(join(directory, INCOMING, name), { force: true });
}
