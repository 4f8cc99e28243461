// The guest's first root: busybox, its modules in the order of loading, init and the job.
import { readFileSync } from 'node:fs';
import { which } from '../setup/programs.js';
import { inTree } from '../setup/tree.js';
import { cpio } from './cpio.js';
import { modulesOf } from './modules.js';

const nameOf = (path) => path.slice(path.lastIndexOf('/') + 1);

/** @param {import('./kernel.js').Kernel} kernel @param {string} job shell commands that init ends with @returns {Buffer} */
export function initramfs(kernel, job) {
  const modules = modulesOf(kernel);
  return cpio([
    { path: 'bin' },
    { path: 'bin/busybox', data: readFileSync(which('busybox')) },
    { path: 'init', data: readFileSync(inTree('scripts/guest/init.sh')) },
    { path: 'job', mode: 0o644, data: job },
    { path: 'modules' },
    { path: 'modules/order', mode: 0o644, data: `${modules.map(nameOf).join('\n')}\n` },
    ...modules.map((path) => ({
      path: `modules/${nameOf(path)}`,
      mode: 0o644,
      data: readFileSync(`${kernel.modules}/${path}`),
    })),
  ]);
}
