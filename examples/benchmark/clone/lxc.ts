/** The same by LXC's own programs. */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { execa } from 'execa';

const exec = promisify(execFile);

export class LXC {
  readonly #path: string;

  private constructor(path: string) {
    this.#path = path;
  }

  /** A stopped container `template` that is to be copied; undefined without lxc. */
  static async open(path: string, rootfs: string): Promise<LXC | undefined> {
    if (!existsSync('/usr/bin/lxc-copy')) return undefined;
    const root = join(path, 'template/rootfs');
    mkdirSync(join(path, 'template'), { recursive: true });
    await execa('cp', ['-a', rootfs, root]);
    for (const name of ['sbin', 'dev', 'proc', 'sys']) mkdirSync(join(root, name), { recursive: true });
    writeFileSync(join(root, 'sbin/init'), '#!/bin/sh\nexec sleep 100000\n', { mode: 0o755 });
    const lines = [
      'lxc.uts.name = template',
      `lxc.rootfs.path = dir:${root}`,
      'lxc.net.0.type = empty',
      'lxc.tty.max = 0',
    ];
    writeFileSync(join(path, 'template/config'), `${lines.join('\n')}\n`);
    return new LXC(path);
  }

  /** Resolves when lxc-copy says that the copy runs. */
  async copy(name: string): Promise<void> {
    await exec('lxc-copy', ['-P', this.#path, '-n', 'template', '-N', name, '-e', '-B', 'overlay']);
  }

  async stop(name: string): Promise<void> {
    await exec('lxc-stop', ['-P', this.#path, '-n', name, '-k']);
  }

  /** Pids of the monitors of its containers. */
  monitors(): number[] {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .filter((pid) => {
        try {
          return readFileSync(`/proc/${pid}/cmdline`, 'latin1').startsWith(`[lxc monitor] ${this.#path}`);
        } catch {
          return false;
        }
      });
  }
}
