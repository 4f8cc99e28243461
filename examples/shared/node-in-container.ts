/** A program of this tree as a container's command: this Node, on the host's own root, copy-on-write. */
import { dirname, sep } from 'node:path';
import type { ContainerOptions } from 'cofferdam';
import { typescriptFlags } from '../../scripts/setup/flags.js';
import { TOP } from './package.ts';

/** What the host's root looks different in: fresh there, so that nothing of the host's is seen. */
const FRESH = ['/tmp', '/run'];

const isHidden = (path: string): boolean => FRESH.some((each) => path.startsWith(each + sep));

/** The root file system, with what the program needs should it lie where the container has a fresh directory. */
export const programRoot = (): Pick<ContainerOptions, 'rootfs' | 'mounts'> => ({
  rootfs: 'host',
  mounts: [TOP, dirname(process.execPath)]
    .filter(isHidden)
    .map((path) => ({ type: 'rbind', source: path, target: path, readonly: true })),
});

/** `node PROGRAM WORDS`, `path` below the top of the tree. */
export const programCommand = (path: string, ...words: readonly string[]): readonly string[] => [
  process.execPath,
  ...typescriptFlags(),
  `${TOP}${path}`,
  ...words,
];
