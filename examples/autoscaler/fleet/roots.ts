/** The root file systems: busybox with Node, busybox with HAProxy, and the store's program as one file. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
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

/** The store as one JavaScript file in `directory`: what a replica reads when it starts. (In one go: esbuild would leave a process running.) */
export function bundleStore(directory: string): void {
  mkdirSync(directory, { recursive: true });
  buildSync({
    entryPoints: [fileURLToPath(new URL('../store/main.ts', import.meta.url))],
    outfile: join(directory, STORE_PROGRAM),
    bundle: true,
    platform: 'node',
    target: 'node20',
    // A top-level await would need an ES module, which Node reads more slowly.
    format: 'cjs',
    minify: false,
    logLevel: 'silent',
  });
}

/** '2.6.12-1+deb12u4'. */
export async function balancerVersion(): Promise<string> {
  const { stdout } = await execa('haproxy', ['-v'], {
    reject: false,
    env: { PATH: `${process.env.PATH}:/usr/sbin:/sbin` },
  });
  return /version (\S+)/.exec(stdout ?? '')?.[1] ?? 'unknown';
}
