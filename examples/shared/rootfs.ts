/** The Debian root file system that examples run on unless they are told another one. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { TOP } from './package.ts';

/** Where it is: below the source tree, or below COFFERDAM_CACHE. */
export const debianRoot = (env: NodeJS.ProcessEnv = process.env): string =>
  join(env.COFFERDAM_CACHE || join(TOP, 'rootfs'), 'debian');

/**
 * Build it if it isn't there; what the build says goes to standard error.
 * @throws what the script said, with `code` ERR_ROOTFS
 */
export async function ensureDebianRoot(): Promise<string> {
  const root = debianRoot();
  // The script's last act: a root that has this is complete.
  if (existsSync(join(root, '.cofferdam-rootfs'))) return root;
  const script = join(TOP, 'rootfs-scripts', 'debian.sh');
  const { exitCode, signal } = await execa(script, [root], { stdin: 'ignore', stdout: 2, stderr: 2, reject: false });
  if (exitCode === 0) return root;
  const what = signal ? `was ended by ${signal}` : 'failed, see above';
  throw Object.assign(
    new Error(
      `building the root file system ${root} ${what}; there are also --rootfs host, which needs none, and --rootfs DIR`,
    ),
    { code: 'ERR_ROOTFS' },
  );
}
