/** Files of root file systems: copies of whole trees, and the caches that they come from. */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { TOP } from '../../shared/package.ts';
import { failure } from './template.ts';

/** Where root file systems are kept that `create` copies. */
export const cacheOf = (name: string, env: NodeJS.ProcessEnv = process.env): string =>
  join(env.COFFERDAM_CACHE || join(TOP, 'rootfs'), 'cloner', name);

/** Everything of a tree: owners, modes, links, times, sparse files; shared blocks where the file system can. */
export async function copyTree(from: string, to: string): Promise<void> {
  mkdirSync(to, { recursive: true });
  const { exitCode, stderr } = await execa('cp', ['--archive', '--reflink=auto', '--', `${from}/.`, to], {
    stdin: 'ignore',
    reject: false,
    env: { LC_ALL: 'C' },
  });
  if (exitCode === 0) return;
  rmSync(to, { recursive: true, force: true });
  throw failure(`cannot copy ${from}: ${stderr.split('\n').at(-1) || 'cp failed'}`);
}

/**
 * Run one of rootfs-scripts, which makes a directory, or finds it up to date. What it says goes to standard error; one that
 * takes a moment only (`quiet`) speaks when it fails.
 */
export async function build(script: string, args: readonly string[], { quiet = false } = {}): Promise<void> {
  const { exitCode, stderr } = await execa(join(TOP, 'rootfs-scripts', script), args, {
    stdin: 'ignore',
    stdout: quiet ? 'ignore' : 2,
    stderr: quiet ? 'pipe' : ['pipe', 'inherit'],
    reject: false,
  });
  if (exitCode === 0) return;
  const lines = stderr.trim().split('\n');
  // apt and mmdebstrap say the cause first, and last that there was one.
  const cause = lines.find((line) => line.startsWith('E: '))?.slice('E: '.length) ?? lines.at(-1);
  throw failure(cause || `rootfs-scripts/${script} failed`);
}
