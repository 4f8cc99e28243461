/** Where sysbench runs: on the machine itself, in a container of ours, in a virtual machine. */
import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createContainer } from 'cofferdam';
import { which } from '../../../../scripts/setup/programs.js';
import { Guest } from '../../../shared/vm/guest.ts';
import type { Context } from '../../suite.ts';
import { fileSize } from './tests.ts';

/** A run that takes longer hangs. */
const PATIENCE = 900_000;

export interface Place {
  readonly subject: string;
  /** Its standard output. `words` run in a directory of the place's own on the disk. */
  run(words: readonly string[]): Promise<string>;
  /** As somebody would type it. */
  line(words: readonly string[]): string;
  close(): Promise<void>;
}

function directoryFor(context: Context, name: string): string {
  const directory = join(context.scratch, name);
  mkdirSync(directory, { recursive: true });
  return directory;
}

export function native(context: Context): Place {
  const cwd = directoryFor(context, 'native');
  return {
    subject: 'native',
    line: (words) => `cd ${cwd} && ${words.join(' ')}`,
    async run([file = '', ...words]) {
      const { stdout } = await promisify(execFile)(file, words, { cwd, timeout: PATIENCE, signal: context.signal });
      return stdout;
    },
    async close() {},
  };
}

/** The host's own root, so that sysbench is the very same; its files are in a directory of the host's disk. */
export async function container(context: Context): Promise<Place> {
  const source = directoryFor(context, 'container');
  const mounts = [{ source, target: '/work' }];
  const resources = { memory: 2 ** 30, pids: 64 };
  const box = await createContainer({ rootfs: 'host', mounts, cwd: '/work', resources });
  return {
    subject: 'cofferdam',
    line: (words) =>
      `createContainer({ rootfs: 'host', mounts: [{ source: '${source}', target: '/work' }], cwd: '/work', resources: { memory: 2 ** 30, pids: 64 } }).run([${words
        .map((word) => `'${word}'`)
        .join(', ')}])`,
    async run(words) {
      const { stdout, stderr, exitCode } = await box.run(words, { timeout: PATIENCE, signal: context.signal });
      if (exitCode !== 0)
        throw new Error(`cofferdam: '${words.join(' ')}' ended with ${exitCode}: ${stderr || stdout}`);
      return stdout;
    },
    close: () => box.remove(),
  };
}

/** The machine's own sysbench on a guest; its files on a disk that is a file of the host, past the host's cache. */
export async function virtualMachine(context: Context): Promise<Place> {
  const directory = directoryFor(context, 'vm');
  const disk = join(directory, 'disk');
  const size = Math.ceil((fileSize(context) * 1.25) / 2 ** 20) + 64;
  const run = promisify(execFile);
  await run('truncate', ['-s', `${size}M`, disk]);
  await run(which('mke2fs') ?? '/usr/sbin/mke2fs', [
    '-q',
    '-F',
    '-t',
    'ext4',
    '-E',
    'lazy_itable_init=0,lazy_journal_init=0',
    disk,
  ]);
  const drive = `file=${disk},if=virtio,format=raw,cache=none`;
  const guest = await Guest.boot({
    directory,
    signal: context.signal,
    programs: [which('sysbench') as string],
    modules: ['virtio_pci', 'virtio_blk', 'ext4'],
    setup: 'mount -t ext4 /dev/vda /work',
    devices: ['-drive', drive],
  });
  context.note(
    `${guest.label}: QEMU, machine pc, 1 CPU, 1536 MiB, Debian’s cloud kernel; its disk is virtio, a file on the host’s disk, with cache=none.`,
  );
  return {
    subject: guest.label,
    line: (words) => `# in the guest, whose /work is on '-drive ${drive}':\ncd /work && ${words.join(' ')}`,
    run: (words) => guest.run(`cd /work && ${words.join(' ')}`, PATIENCE),
    close: () => guest.stop(),
  };
}
