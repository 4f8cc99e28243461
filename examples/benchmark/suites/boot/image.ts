/**
 * A disk as an installer leaves it: Debian with systemd, on the one partition of a 10 GB image that a PC's BIOS boots with
 * GRUB. Made unattended and without mounting anything: the file system is filled by mke2fs, the boot loader is two files of
 * GRUB's at the disk's begin. The image is sparse, and kept.
 */
import { execFile } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { execa } from 'execa';
import { TOP } from '../../../shared/package.ts';
import { pathOf } from '../../environments/programs.ts';

const run = promisify(execFile);

const SIZE = 10 * 10 ** 9;
const SECTOR = 512;
/** Where partitions begin since disks have large blocks; GRUB lives in the gap before. */
const FIRST_SECTOR = 2048;
const BLOCK = 4096;

/** The root file system's, so that the kernel finds it on any kind of disk. */
const UUID = 'cf0fe4da-0000-4000-8000-00000000b007';
export const ROOT = `root=UUID=${UUID}`;
/** Every message on the serial line, from the first instruction that can. */
export const CONSOLE = 'console=ttyS0 earlyprintk=serial,ttyS0,115200';

const PACKAGES = ['linux-image-amd64', 'systemd-sysv', 'udev', 'grub-pc-bin', 'grub-common', 'login'];

/** What the boot loader reads from the image: kernel and first root. */
const GRUB_MODULES = ['biosdisk', 'part_msdos', 'ext2', 'normal', 'linux', 'configfile', 'test'];

export interface BootImage {
  disk: string;
  kernel: string;
  initrd: string;
  /** The files of its root, for a container. */
  root: string;
}

/** '…/boot/vmlinuz-6.1.0-57-amd64' */
function only(root: string, prefix: string): string {
  const name = readdirSync(join(root, 'boot')).find((each) => each.startsWith(prefix));
  if (!name) throw new Error(`${root}/boot has no ${prefix}`);
  return join(root, 'boot', name);
}

/** Debian with a kernel and systemd, by the script that makes all of our Debian roots. */
async function debianWithKernel(root: string, signal: AbortSignal): Promise<void> {
  const script = join(TOP, 'rootfs-scripts', 'debian.sh');
  const { exitCode } = await execa(script, [root, '--with', PACKAGES.join(',')], {
    stdin: 'ignore',
    stdout: 2,
    stderr: 2,
    reject: false,
    cancelSignal: signal,
  });
  signal.throwIfAborted();
  if (exitCode !== 0)
    throw Object.assign(new Error(`the Debian for the image could not be made, see above`), { code: 'ERR_ROOTFS' });
}

/** What an installer asks for: name, disks, the boot menu. */
function configure(root: string): void {
  const kernel = only(root, 'vmlinuz-').slice(root.length);
  const initrd = only(root, 'initrd.img-').slice(root.length);
  mkdirSync(join(root, 'boot/grub'), { recursive: true });
  writeFileSync(join(root, 'boot/grub/grub.cfg'), `linux ${kernel} ${ROOT} ${CONSOLE}\ninitrd ${initrd}\nboot\n`);
  writeFileSync(join(root, 'etc/fstab'), `UUID=${UUID} / ext4 errors=remount-ro 0 1\n`);
  writeFileSync(join(root, 'etc/hostname'), 'benchmark\n');
  // Without one, every boot would be a first one.
  writeFileSync(join(root, 'etc/machine-id'), 'cf0fe4da00004000800000000000b007\n');
}

/** The master boot record's table: one partition, active, of Linux. */
export function partitionTable(firstSector: number, sectors: number): Buffer {
  const table = Buffer.alloc(64 + 2);
  table.set([0x80, 0xfe, 0xff, 0xff, 0x83, 0xfe, 0xff, 0xff]);
  table.writeUInt32LE(firstSector, 8);
  table.writeUInt32LE(sectors, 12);
  table.set([0x55, 0xaa], 64);
  return table;
}

/** GRUB's first sector into the master boot record, its core right behind: the place where the first sector looks. */
async function installGrub(root: string, disk: string): Promise<void> {
  const core = '/tmp/core.img';
  const words = ['-O', 'i386-pc', '-p', '(hd0,msdos1)/boot/grub', '-o', core, ...GRUB_MODULES];
  await run('chroot', [root, 'grub-mkimage', ...words]);
  const first = readFileSync(join(root, 'usr/lib/grub/i386-pc/boot.img'));
  const second = readFileSync(join(root, core));
  rmSync(join(root, core));
  if (second.length > (FIRST_SECTOR - 1) * SECTOR) throw new Error('GRUB does not fit before the first partition');
  const sectors = Math.floor(SIZE / SECTOR) - FIRST_SECTOR;
  const fd = openSync(disk, 'r+');
  try {
    writeSync(fd, first.subarray(0, 440), 0, 440, 0);
    writeSync(fd, partitionTable(FIRST_SECTOR, sectors), 0, 66, 446);
    writeSync(fd, second, 0, second.length, SECTOR);
  } finally {
    closeSync(fd);
  }
}

/** Features that GRUB cannot read, where this mke2fs has them. */
async function unreadable(mke2fs: string): Promise<string[]> {
  const { stderr } = await run(mke2fs, ['-V']);
  const [, major = '0', minor = '0'] = /mke2fs (\d+)\.(\d+)/.exec(stderr) ?? [];
  return Number(major) > 1 || Number(minor) >= 47 ? ['-O', '^metadata_csum_seed,^orphan_file'] : [];
}

async function build(root: string, disk: string): Promise<void> {
  configure(root);
  const mke2fs = pathOf('mke2fs');
  writeFileSync(disk, '');
  truncateSync(disk, SIZE);
  const blocks = Math.floor((SIZE - FIRST_SECTOR * SECTOR) / BLOCK);
  await run(mke2fs, [
    ...['-q', '-F', '-t', 'ext4', '-b', String(BLOCK), '-U', UUID, '-L', 'cofferdam', ...(await unreadable(mke2fs))],
    ...['-E', `offset=${FIRST_SECTOR * SECTOR},nodiscard`, '-d', root, disk, String(blocks)],
  ]);
  await installGrub(root, disk);
}

/** Made, or found as it was left. It appears whole under its name, or not at all. */
export async function bootImage(cache: string, signal: AbortSignal): Promise<BootImage> {
  const root = join(cache, 'boot-root');
  const disk = join(cache, 'boot.img');
  await debianWithKernel(root, signal);
  if (!existsSync(disk)) {
    const unfinished = `${disk}.new`;
    await build(root, unfinished);
    signal.throwIfAborted();
    renameSync(unfinished, disk);
  }
  return { disk, root, kernel: only(root, 'vmlinuz-'), initrd: only(root, 'initrd.img-') };
}
