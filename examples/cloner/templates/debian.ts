/** Debian packages, by mmdebstrap, with busybox's init. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { command, parse, UsageError } from '../../shared/command-line.ts';
import { build, cacheOf, copyTree } from './files.ts';
import { giveInit, INIT_CONFIG } from './init.ts';
import type { Template } from './template.ts';

function release(text: string): string {
  if (!/^[a-z][a-z0-9-]*$/.test(text)) throw new UsageError(`'${text}' is not a release; give one such as bookworm`);
  return text;
}

/** dpkg's rules for names. */
function packages(text: string): string[] {
  const names = text.split(/[,\s]+/).filter(Boolean);
  const wrong = names.find((name) => !/^[a-z0-9][a-z0-9.+-]+$/.test(name));
  if (wrong !== undefined) throw new UsageError(`'${wrong}' is not the name of a package`);
  return names;
}

const OPTIONS = command({
  name: '-t debian',
  summary: '',
  description: [],
  options: {
    release: { value: 'NAME', short: 'r', help: 'release', parse: release },
    packages: { value: 'NAME,...', help: 'further packages', parse: packages },
  },
  examples: [],
});

/** Without it there is no init: Debian's essential packages have none. */
const INIT = 'busybox-static';

export const debian: Template = {
  summary: 'Debian packages with apt: 120 MB, a minute the first time and a second or two from then on',
  usage: '-r RELEASE (default bookworm where apt has it), --packages NAME,...',
  async make(rootfs, words) {
    const { values } = parse(OPTIONS, words);
    const suite = values.release ? ['--suite', values.release] : [];
    const more = [...new Set([INIT, ...(values.packages ?? [])])].sort();
    const digest = createHash('sha256').update(more.join()).digest('hex').slice(0, 8);
    const cache = cacheOf(['debian', values.release, values.packages && digest].filter(Boolean).join('-'));
    await build('debian.sh', [cache, ...suite, '--with', more.join(',')], { quiet: existsSync(cache) });
    await copyTree(cache, rootfs);
    giveInit(rootfs, '/bin/busybox');
    return { rootfs, config: INIT_CONFIG };
  },
};
