/** Which disk a file is on. */
import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { UsageError } from './command-line.ts';

/**
 * 'major:minor' of the whole disk, which is what limits are for, not the partition.
 * @throws {UsageError} when it is on none: a tmpfs, a network's file system, some overlays
 */
export function diskOf(path: string): string {
  const { dev } = statSync(path);
  const number = `${(dev >> 8) & 0xfff}:${(dev & 0xff) | ((dev >> 12) & 0xfff00)}`;
  const link = `/sys/dev/block/${number}`;
  if (!existsSync(link))
    throw new UsageError(`${path} is on no disk (device ${number}), so its traffic cannot be limited`);
  const directory = realpathSync(link);
  return existsSync(join(directory, 'partition'))
    ? readFileSync(join(dirname(directory), 'dev'), 'utf8').trim()
    : number;
}
