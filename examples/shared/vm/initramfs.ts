/** A guest's first root: busybox, modules, programs of this machine with their libraries, and what it does first. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { cpio } from '../../../scripts/guest/cpio.js';
import type { Kernel } from '../../../scripts/guest/kernel.js';
import { loadOrder } from '../../../scripts/guest/modules.js';
import { which } from '../../../scripts/setup/programs.js';

interface Entry {
  path: string;
  mode?: number;
  data?: string | Uint8Array;
}

const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** A dynamic program's libraries and its interpreter, as ldd(1) finds them. */
export function librariesIn(ldd: string): string[] {
  return [...ldd.matchAll(/(?:=> )?(\/\S+) \(0x[0-9a-f]+\)/g)].map(([, path]) => path as string);
}

/** A program as this machine has it, at the same place in the guest. */
export function programFiles(path: string): Entry[] {
  const ldd = execFileSync('ldd', [path], { encoding: 'utf8' });
  return [path, ...librariesIn(ldd)].map((each) => ({ path: each.slice(1), data: readFileSync(each) }));
}

/** All directories that the entries are in, before them; each once. */
function withParents(entries: readonly Entry[]): Entry[] {
  const all = new Map<string, Entry>();
  const parents = (path: string): void => {
    const parent = dirname(path);
    if (parent === '.' || all.has(parent)) return;
    parents(parent);
    all.set(parent, { path: parent });
  };
  for (const entry of entries) {
    parents(entry.path);
    all.set(entry.path, entry);
  }
  return [...all.values()];
}

const modulePaths = ({ modules }: Kernel, names: readonly string[]): string[] =>
  loadOrder(names, readFileSync(`${modules}/modules.dep`, 'utf8'), readFileSync(`${modules}/modules.builtin`, 'utf8'));

/** busybox by the names of its programs, file systems, modules in their order; then `last`. */
const initScript = (modules: readonly string[], last: string): string => `#!/bin/busybox sh
/bin/busybox mkdir -p /proc /sys /dev /tmp /run /var/log/nginx /var/lib/nginx /work /root
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sysfs /sys
/bin/busybox mount -t devtmpfs dev /dev
/bin/busybox --install -s /bin
export PATH=/bin:/usr/bin:/usr/sbin HOME=/root
${modules.map((path) => `insmod /modules/${baseName(path)}`).join('\n')}
ip link set lo up
${last}
poweroff -f
`;

export interface Contents {
  modules?: readonly string[];
  /** Absolute paths of programs. */
  programs?: readonly string[];
  files?: readonly Entry[];
  /** Shell commands that init ends with. */
  last: string;
}

export function guestRoot(kernel: Kernel, { modules = [], programs = [], files = [], last }: Contents): Buffer {
  const paths = modulePaths(kernel, modules);
  return cpio(
    withParents([
      { path: 'bin/busybox', data: readFileSync(which('busybox') as string) },
      { path: 'init', data: initScript(paths, last) },
      { path: 'etc/passwd', mode: 0o644, data: 'root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n' },
      { path: 'etc/group', mode: 0o644, data: 'root:x:0:\nnogroup:x:65534:\n' },
      ...paths.map((path) => ({
        path: `modules/${baseName(path)}`,
        mode: 0o644,
        data: readFileSync(`${kernel.modules}/${path}`),
      })),
      ...programs.flatMap(programFiles),
      ...files,
    ]),
  );
}
