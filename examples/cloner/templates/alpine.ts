/** Alpine's minimal root file system, from its mirror. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { command, parse, UsageError } from '../../shared/command-line.ts';
import { cacheOf, copyTree } from './files.ts';
import { giveInit, INIT_CONFIG } from './init.ts';
import { failure, type Template } from './template.ts';

function release(text: string): string {
  if (!/^(latest-stable|edge|v\d+\.\d+)$/.test(text))
    throw new UsageError(`'${text}' is not a release; give one such as v3.20, latest-stable or edge`);
  return text;
}

const OPTIONS = command({
  name: '-t alpine',
  summary: '',
  description: [],
  options: {
    release: { value: 'NAME', short: 'r', help: 'release', default: 'latest-stable', parse: release },
    mirror: {
      value: 'URL',
      short: 'm',
      help: 'mirror',
      default: 'https://dl-cdn.alpinelinux.org/alpine',
      parse: (text) => text,
    },
  },
  examples: [],
});

const ARCHITECTURES: Partial<Record<NodeJS.Architecture, string>> = { x64: 'x86_64', arm64: 'aarch64' };
/** Milliseconds for one answer of the mirror. */
const PATIENCE = 20_000;

async function fetched(url: string): Promise<Buffer> {
  const response = await fetch(url, { signal: AbortSignal.timeout(PATIENCE) });
  if (!response.ok) throw new Error(`${url}: ${response.status} ${response.statusText}`);
  return Buffer.from(await response.arrayBuffer());
}

/** The mirror's list of what there is: the minimal root file system's file and digest. */
function minimal(list: string): { file: string; digest: string } {
  const entry = list.split(/^-$/m).find((each) => /flavor: alpine-minirootfs/.test(each)) ?? '';
  const file = /^\s*file: (\S+)$/m.exec(entry)?.[1];
  const digest = /^\s*sha256: ([0-9a-f]{64})$/m.exec(entry)?.[1];
  if (!file || !digest || file.includes('/')) throw new Error('its list of releases names no minimal root file system');
  return { file, digest };
}

async function download(base: string, cache: string): Promise<void> {
  const { file, digest } = minimal((await fetched(`${base}/latest-releases.yaml`)).toString());
  const archive = await fetched(`${base}/${file}`);
  if (createHash('sha256').update(archive).digest('hex') !== digest)
    throw new Error(`${file} is not what the mirror's list says`);
  mkdirSync(dirname(cache), { recursive: true });
  const work = mkdtempSync(`${cache}.tmp.`);
  try {
    const path = join(work, file);
    writeFileSync(path, archive);
    mkdirSync(join(work, 'root'));
    await execa('tar', ['-xzf', path, '-C', join(work, 'root')]);
    // Somebody else may have been quicker.
    if (!existsSync(cache)) renameSync(join(work, 'root'), cache);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

export const alpine: Template = {
  summary: "Alpine's minimal root file system with apk: 8 MB, from its mirror the first time",
  usage: '-r RELEASE (default latest-stable), -m MIRROR',
  async make(rootfs, words) {
    const { values } = parse(OPTIONS, words);
    const architecture = ARCHITECTURES[process.arch];
    const cache = cacheOf(`alpine-${values.release}`);
    if (!existsSync(cache))
      try {
        await download(`${values.mirror}/${values.release}/releases/${architecture}`, cache);
      } catch (error) {
        const { message, cause } = error as Error;
        const why = cause instanceof Error ? cause.message : message;
        throw failure(
          `the mirror ${values.mirror} cannot be used (${why}); -t debian needs only this machine's apt`,
          error,
        );
      }
    await copyTree(cache, rootfs);
    rmSync(join(rootfs, 'etc/inittab'), { force: true });
    giveInit(rootfs, '/bin/busybox');
    return { rootfs, config: INIT_CONFIG };
  },
};
