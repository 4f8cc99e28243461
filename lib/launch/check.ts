/** What must be true before anything is touched, said in words instead of an errno. */
import { statSync } from 'node:fs';
import { createError } from '../errors.ts';
import type { NormalizedContainer } from '../options/normalized.ts';

const ARCHIVES = /\.(tar|tgz|tar\.(gz|xz|zst|bz2)|zip|img|iso|qcow2)$/;

/** @throws ERR_PLATFORM, ERR_PERMISSION, ERR_ROOTFS */
export function checkHost(container: NormalizedContainer): void {
  if (process.platform !== 'linux') throw createError('ERR_PLATFORM', { platform: process.platform });
  if (process.geteuid?.() !== 0)
    throw createError('ERR_PERMISSION', {
      what: 'starting a container',
      needed: 'root',
      hint: 'run the program with sudo, keeping PATH: sudo env "PATH=$PATH" node program.js',
    });
  const { rootfs } = container;
  const paths = rootfs.type === 'directory' ? [rootfs.path] : rootfs.type === 'overlay' ? rootfs.lower : [];
  for (const path of paths) checkDirectory(path);
}

function checkDirectory(path: string): void {
  const facts = statSync(path, { throwIfNoEntry: false });
  if (!facts)
    throw createError('ERR_ROOTFS', {
      path,
      problem: 'does not exist',
      hint: 'give the path of an unpacked root file system',
    });
  if (facts.isDirectory()) return;
  const isArchive = ARCHIVES.test(path);
  throw createError('ERR_ROOTFS', {
    path,
    problem: isArchive ? 'is an archive or an image, not a directory' : 'is not a directory',
    hint: isArchive
      ? `unpack it first: mkdir rootfs && tar -C rootfs -xf ${path}`
      : 'give the path of an unpacked root file system',
  });
}
