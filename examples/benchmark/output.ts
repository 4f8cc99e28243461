/** Where a run's files go: known to be writable before anything is measured, and no empty directory left without them. */
import { mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { UsageError } from '../shared/command-line.ts';

export class Output {
  readonly directory: string;
  /** The topmost directory that was made for it. */
  readonly #made: string | undefined;

  /** @throws {UsageError} when there cannot be such a directory */
  constructor(directory: string) {
    this.directory = resolve(directory);
    try {
      this.#made = mkdirSync(this.directory, { recursive: true });
    } catch (error) {
      throw new UsageError(`--out: ${(error as Error).message}; give a directory, existing or not`);
    }
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.directory, name), text);
  }

  /** Nothing will be written: what was made is taken away, unless somebody else uses it by now. */
  discard(): void {
    if (this.#made === undefined) return;
    try {
      for (let path = this.directory; path.length >= this.#made.length; path = dirname(path)) rmdirSync(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOTEMPTY') throw error;
    }
  }
}
