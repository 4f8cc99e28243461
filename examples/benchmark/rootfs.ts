/** The root file system of everything compared: busybox. */
import { join } from 'node:path';
import { execa } from 'execa';
import { TOP } from '../shared/package.ts';

/** Made, or found as it was left. @throws what the script said, with `code` ERR_ROOTFS */
export async function ensureBusyboxRoot(env: NodeJS.ProcessEnv = process.env): Promise<string> {
  const root = join(env.COFFERDAM_CACHE || join(TOP, 'rootfs'), 'busybox');
  const script = join(TOP, 'rootfs-scripts', 'busybox.sh');
  const { exitCode } = await execa(script, [root], { stdin: 'ignore', stdout: 2, stderr: 2, reject: false });
  if (exitCode === 0) return root;
  throw Object.assign(new Error(`the root file system ${root} could not be made, see above`), { code: 'ERR_ROOTFS' });
}
