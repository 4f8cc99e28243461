/** A root file system of a few MB: static busybox, and what programs of this machine are wanted in it. */
import { command, parse, UsageError } from '../../shared/command-line.ts';
import { build, cacheOf, copyTree } from './files.ts';
import { giveInit, INIT_CONFIG } from './init.ts';
import type { Template } from './template.ts';

/** Names, or absolute paths. */
function programs(text: string): string[] {
  const all = text.split(',').filter(Boolean);
  const wrong = all.find((name) => !/^[\w./+@-]+$/.test(name));
  if (all.length === 0 || wrong !== undefined) throw new UsageError(`'${wrong ?? text}' is not the name of a program`);
  return [...new Set(all)].sort();
}

const OPTIONS = command({
  name: '-t busybox',
  summary: '',
  description: [],
  options: { with: { value: 'PROGRAM,...', help: 'programs of this machine', parse: programs } },
  examples: [],
});

export const busybox: Template = {
  summary: 'static busybox with its init, a shell and the usual programs: 3 MB, a moment',
  usage: '--with PROGRAM,... (of this machine, with the libraries that they need: node, say)',
  async make(rootfs, words) {
    const { values } = parse(OPTIONS, words);
    const more = values.with ?? [];
    const cache = cacheOf(['busybox', ...more.map((each) => each.replaceAll('/', '_'))].join('-'));
    await build('busybox.sh', [cache, ...(more.length > 0 ? ['--with', more.join(',')] : [])], { quiet: true });
    await copyTree(cache, rootfs);
    giveInit(rootfs, '/bin/busybox');
    return { rootfs, config: INIT_CONFIG };
  },
};
