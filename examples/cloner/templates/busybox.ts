/** A root file system of a few MB: static busybox. */
import { command, parse } from '../../shared/command-line.ts';
import { build, cacheOf, copyTree } from './files.ts';
import { giveInit, INIT_CONFIG } from './init.ts';
import type { Template } from './template.ts';

const OPTIONS = command({ name: '-t busybox', summary: '', description: [], options: {}, examples: [] });

export const busybox: Template = {
  summary: 'static busybox with its init, a shell and the usual programs: 3 MB, a moment',
  usage: 'takes nothing',
  async make(rootfs, words) {
    parse(OPTIONS, words);
    const cache = cacheOf('busybox');
    await build('busybox.sh', [cache], { quiet: true });
    await copyTree(cache, rootfs);
    giveInit(rootfs, '/bin/busybox');
    return { rootfs, config: INIT_CONFIG };
  },
};
