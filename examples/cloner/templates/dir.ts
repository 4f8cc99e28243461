/** A directory that is there. */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { command, flag, parse, UsageError } from '../../shared/command-line.ts';
import { copyTree } from './files.ts';
import type { Template } from './template.ts';

const OPTIONS = command({
  name: '-t dir',
  summary: '',
  description: [],
  options: { copy: flag('a copy of it') },
  words: ['DIR'],
  examples: [],
});

export const dir: Template = {
  summary: 'a root file system that is there: used as it is, or copied with --copy',
  usage: 'DIR [--copy]',
  async make(rootfs, words) {
    const { values, words: taken } = parse(OPTIONS, words);
    const path = resolve(taken[0] as string);
    if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw new UsageError(`${path} is not a directory`);
    if (!values.copy) return { rootfs: path, config: [] };
    await copyTree(path, rootfs);
    return { rootfs, config: [] };
  },
};
