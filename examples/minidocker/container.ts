/** What minidocker's options are as a container, and as its first process. */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import {
  CofferdamRangeError,
  CofferdamTypeError,
  type ContainerOptions,
  createContainer,
  type ProcessOptions,
  type ResourcesOption,
} from 'cofferdam';
import { UsageError, type Values } from '../shared/command-line.ts';
import { chooseCpus } from '../shared/cpus.ts';
import { diskOf } from '../shared/disk.ts';
import { findProgram } from '../shared/in-root.ts';
import { debianRoot } from '../shared/rootfs.ts';
import type { MINIDOCKER } from './options.ts';

export type MinidockerValues = Values<(typeof MINIDOCKER)['options']>;

const SHELLS = ['/bin/bash', '/bin/sh'];
const ARCHIVE = /\.(tar|tgz|tar\.\w+|zip|img|iso|qcow2)$/;

/** @throws {UsageError} for more CPUs than there are, and a root file system that is on no disk */
function limits(values: MinidockerValues, root: string): ResourcesOption {
  const { memory, swap, cpuset, pids, cpus, 'cpu-quota': quota, 'io-bps': bytes } = values;
  return {
    memory,
    cpuset: cpuset ?? chooseCpus(cpus),
    ...(swap !== undefined && { memorySwap: memory + swap }),
    ...(quota !== undefined && { cpus: quota }),
    ...(pids !== undefined && { pids }),
    ...(bytes !== undefined && {
      io: { devices: [{ device: diskOf(root === 'host' ? '/' : root), readBps: bytes, writeBps: bytes }] },
    }),
  };
}

/** @throws {UsageError} for what cannot be had, before anything is touched */
export function containerOptions(values: MinidockerValues): ContainerOptions {
  const root = values.rootfs ?? debianRoot();
  return {
    rootfs: root !== 'host' && values.ephemeral ? { lower: root, ephemeral: true } : root,
    hostname: values.hostname,
    network: { interface: values.interface, address: values.ip },
    resources: limits(values, root),
  };
}

/** Which option of the command line a value of the library's comes from. */
const SOURCES: Readonly<Record<string, string>> = {
  hostname: '--hostname',
  'network.interface': '--interface',
  'network.address': '--ip',
  'resources.memory': '--memory',
  'resources.memorySwap': '--swap',
  'resources.cpuset': '--cpuset',
  'resources.cpus': '--cpu-quota',
  'resources.pids': '--pids',
};
const sourceOf = (option: string): string =>
  option.startsWith('resources.io.') ? '--io-bps' : (SOURCES[option] ?? option);

/** @throws {UsageError} for what the library refuses; nothing is made */
export async function checkOptions(options: ContainerOptions): Promise<void> {
  try {
    await createContainer(options);
  } catch (error) {
    if (!(error instanceof CofferdamRangeError || error instanceof CofferdamTypeError)) throw error;
    const { option = '', problem, expected, actual } = error.details;
    const wrong = problem ?? `must be ${expected}`;
    throw new UsageError(`${sourceOf(String(option))}: ${wrong}, got ${actual}`);
  }
}

/** What every process in it is given; nothing else of this program's environment. */
export const environment = (): ProcessOptions => ({
  cwd: '/',
  env: {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: '/root',
    TERM: process.env.TERM || 'xterm',
  },
});

/** @throws {UsageError} for a `--rootfs` that is no directory */
export function checkRoot(root: string): void {
  if (root === 'host') return;
  const facts = statSync(root, { throwIfNoEntry: false });
  if (facts?.isDirectory()) return;
  const path = resolve(root);
  if (!facts)
    throw new UsageError(
      `--rootfs: ${path} does not exist; make one with rootfs-scripts/busybox.sh ${root}, or use --rootfs host`,
    );
  if (ARCHIVE.test(root))
    throw new UsageError(
      `--rootfs: ${path} is an archive, not a directory; unpack it: mkdir rootfs-dir && tar -C rootfs-dir -xf ${root}`,
    );
  throw new UsageError(`--rootfs: ${path} is not a directory`);
}

/**
 * The words, or the best shell of `root` when there are none.
 * @throws {UsageError} without either
 */
export function commandFor(words: readonly string[], root: string): readonly string[] {
  if (words.length > 0) return words;
  const shell = findProgram(root === 'host' ? '/' : root, SHELLS);
  if (shell) return [shell];
  throw new UsageError(
    `--rootfs: ${resolve(root)} has neither ${SHELLS.join(' nor ')}; name a command after '--', or use another root file system`,
  );
}
