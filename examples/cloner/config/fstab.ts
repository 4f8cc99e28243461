/** `lxc.mount.fstab`: a file of mounts, a line each. */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Config } from './config.ts';
import { at, type Place, ValueError } from './errors.ts';
import { mountEntry } from './values.ts';

const isEntry = (line: string): boolean => !/^\s*(#|$)/.test(line);

export function fstab(config: Config, value: string, { file: from }: Place): void {
  if (value === '') return;
  const file = resolve(dirname(from), value);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new ValueError(`cannot be read: ${(error as Error).message}`);
  }
  for (const [index, line] of text.split('\n').entries()) {
    if (!isEntry(line)) continue;
    const place = { file, line: index + 1 };
    try {
      config.mounts.push(mountEntry(line, place));
    } catch (error) {
      throw error instanceof ValueError ? new ValueError(at(place, error.message)) : error;
    }
  }
}
