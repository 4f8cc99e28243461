/** The root file systems: busybox with Node, busybox with HAProxy, and the store's program as one file. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { bundle } from '../../shared/bundle.ts';
import { TOP } from '../../shared/package.ts';

/** @throws what the script said, with `code` ERR_ROOTFS */
async function ensureRoot(name: string, program: string, env: NodeJS.ProcessEnv): Promise<string> {
  const root = join(env.COFFERDAM_CACHE || join(TOP, 'rootfs'), name);
  const script = join(TOP, 'rootfs-scripts', 'busybox.sh');
  const { exitCode, stderr } = await execa(script, [root, '--with', program], { stdin: 'ignore', reject: false });
  if (exitCode === 0) return root;
  const hint = /haproxy is not installed/.test(stderr)
    ? '; get it with: sudo apt-get install -y --no-install-recommends haproxy'
    : '';
  throw Object.assign(new Error(`the root file system ${root} could not be made: ${stderr.trim()}${hint}`), {
    code: 'ERR_ROOTFS',
  });
}

/** With the Node that runs this program. */
export const ensureNodeRoot = (env = process.env): Promise<string> => ensureRoot('node', process.execPath, env);

export const ensureBalancerRoot = (env = process.env): Promise<string> => ensureRoot('haproxy', 'haproxy', env);

/** The name of the store's program in its directory. */
export const STORE_PROGRAM = 'store.cjs';

/** The store as one JavaScript file in `directory`: what a replica reads when it starts. */
export const bundleStore = (directory: string): Promise<void> =>
  bundle(fileURLToPath(new URL('../store/main.ts', import.meta.url)), join(directory, STORE_PROGRAM));

/** '2.6.12-1+deb12u4'. */
export async function balancerVersion(): Promise<string> {
  const { stdout } = await execa('haproxy', ['-v'], {
    reject: false,
    env: { PATH: `${process.env.PATH}:/usr/sbin:/sbin` },
  });
  return /version (\S+)/.exec(stdout ?? '')?.[1] ?? 'unknown';
}
