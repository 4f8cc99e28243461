/** What must be true for a launch, said in words instead of an errno. */
import { existsSync, statSync } from 'node:fs';
import { type CofferdamError, createError, describeErrno } from '../errors.ts';
import { checkUserMode, isUserMode } from '../network/user-mode.ts';
import type { NormalizedContainer, NormalizedRootfs } from '../options/normalized.ts';
import type { Operation } from '../program/operation.ts';
import { userNamespaceErrno } from './for-this-user.ts';

/** Before anything is touched. @throws ERR_PLATFORM, ERR_PERMISSION, ERR_ROOTFS */
export function checkHost(container: NormalizedContainer): void {
  if (process.platform !== 'linux') throw createError('ERR_PLATFORM', { platform: process.platform });
  const plain = process.geteuid?.() !== 0;
  if (plain) checkPlainUser(container);
  checkUserMode(container.network, plain);
  // Only an upper directory would be made and stay; else the kernel's own answer is soon enough.
  const { rootfs } = container;
  const error = rootfs.type === 'overlay' && rootfs.upper !== undefined && missingLayer(rootfs);
  if (error) throw error;
}

function checkPlainUser({ namespaces, network, rootfs }: NormalizedContainer): void {
  const errno = userNamespaceErrno();
  if (errno !== 0)
    throw createError('ERR_PERMISSION', {
      what: 'starting a container',
      needed: `root, or user namespaces for this user, which are refused (${describeErrno(errno).code})`,
      hint: 'run the program with sudo, keeping PATH: sudo env "PATH=$PATH" node program.js; or see docs/rootless.md',
    });
  // In somebody else's user namespace, rights are what its maker has given.
  if (typeof namespaces.user !== 'string') return;
  if (network.some((each) => !isUserMode(each)))
    throw createError('ERR_PERMISSION', {
      what: "option 'network'",
      needed: 'root for an interface of its own',
      hint: "say 'pasta' (package passt) or 'slirp4netns', 'host', or leave it out",
    });
  // Mounts that a user namespace inherits are locked together, and an overlay cannot be made of one with others below.
  if (rootfs.type === 'host')
    throw createError('ERR_PERMISSION', {
      what: "rootfs: 'host'",
      needed: 'root',
      hint: 'give a directory, or an overlay of directories',
    });
}

const ARCHIVES = /\.(tar|tgz|tar\.(gz|xz|zst|bz2)|zip|img|iso|qcow2)$/;
const UNPACKED = 'give the path of an unpacked root file system';

const rootfsError = (path: string, problem: string, hint: string): CofferdamError =>
  createError('ERR_ROOTFS', { path, problem, hint });

function notDirectory(path: string): CofferdamError | undefined {
  const facts = statSync(path, { throwIfNoEntry: false });
  if (!facts) return rootfsError(path, 'does not exist', UNPACKED);
  if (facts.isDirectory()) return undefined;
  return ARCHIVES.test(path)
    ? rootfsError(
        path,
        'is an archive or an image, not a directory',
        `unpack it first: mkdir rootfs && tar -C rootfs -xf ${path}`,
      )
    : rootfsError(path, 'is not a directory', UNPACKED);
}

type Overlay = Extract<NormalizedRootfs, { type: 'overlay' }>;

/** What each errno of an overlay's mount means, see overlayfs(5) and the kernel's ovl_fill_super(). */
const OVERLAY: Readonly<Record<string, (rootfs: Overlay) => CofferdamError | undefined>> = {
  ELOOP: ({ lower }) =>
    rootfsError(lower.join(':'), 'has a layer twice, or one within another', 'give each layer once'),
  EBUSY: ({ upper }) =>
    upper === undefined
      ? undefined
      : rootfsError(
          upper,
          'is the upper or work directory of an overlay that is mounted',
          'end the container that uses it, or give each its own upper',
        ),
  EINVAL: ({ upper, work }) =>
    upper !== undefined && work !== undefined && statSync(upper).dev !== statSync(work).dev
      ? rootfsError(work, `is not on the file system of upper '${upper}'`, 'give a work directory beside it')
      : undefined,
};

function missingLayer({ lower, upper }: Overlay): CofferdamError | undefined {
  for (const path of lower) {
    const error = notDirectory(path);
    if (error) return error;
  }
  // A missing upper directory is made.
  return upper !== undefined && existsSync(upper) ? notDirectory(upper) : undefined;
}

/**
 * What is wrong with a root file system that a launch failed on; undefined when nothing is. Asked afterwards: a launch
 * that works need not wait for it, and one that does not leaves nothing behind.
 */
export function explainRootfs(
  { rootfs }: NormalizedContainer,
  code: string,
  operation: Operation | undefined,
): CofferdamError | undefined {
  // These look at the root file system, and have errors of their own.
  if (rootfs.type === 'host' || !operation || ['exec', 'chdir', 'identity'].includes(operation.name)) return undefined;
  if (rootfs.type === 'directory') {
    if (rootfs.path === '/' && code === 'EBUSY')
      return rootfsError(
        '/',
        "is the host's own root and cannot be changed into",
        "say rootfs: 'host' for a copy of it",
      );
    return notDirectory(rootfs.path);
  }
  const isOverlay = operation.name === 'mount' && operation.args.type === 'overlay';
  return missingLayer(rootfs) ?? (isOverlay ? OVERLAY[code]?.(rootfs) : undefined);
}
