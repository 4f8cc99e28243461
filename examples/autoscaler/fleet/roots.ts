/** The root file systems: busybox with Node, busybox with HAProxy, and the store's program as one file. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
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

/**
 * The store as one JavaScript file in `directory`: what a replica reads when it starts. By esbuild's program: its library
 * would leave one running.
 */
export async function bundleStore(directory: string): Promise<void> {
  const entry = fileURLToPath(new URL('../store/main.ts', import.meta.url));
  await execa(
    'esbuild',
    [
      entry,
      `--outfile=${join(directory, STORE_PROGRAM)}`,
      '--bundle',
      '--platform=node',
      '--target=node20',
      // A top-level await would need an ES module, which Node reads more slowly.
      '--format=cjs',
      '--log-level=error',
    ],
    { preferLocal: true, localDir: TOP, stdin: 'ignore' },
  );
}

/** '2.6.12-1+deb12u4'. */
export async function balancerVersion(): Promise<string> {
  const { stdout } = await execa('haproxy', ['-v'], {
    reject: false,
    env: { PATH: `${process.env.PATH}:/usr/sbin:/sbin` },
  });
  return /version (\S+)/.exec(stdout ?? '')?.[1] ?? 'unknown';
}
