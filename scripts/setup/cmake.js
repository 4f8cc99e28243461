// Developers' builds with cmake-js, each kind in a directory of its own: both builders would otherwise use build/Release.
import { availableParallelism } from 'node:os';
import { giveBack } from './owner.js';
import { step } from './step.js';
import { inTree } from './tree.js';

/** What each kind is made with. */
const KINDS = {
  commands: { command: 'configure', options: ['-D'] },
  asan: { command: 'compile', options: ['-D', '--CDCOFFERDAM_SANITIZE=ON'] },
  valgrind: { command: 'compile', options: ['-D'] },
  fuzz: { command: 'compile', options: ['-D', '-C', '--CDCOFFERDAM_FUZZ=ON'] },
};

/** The directory of a kind. @param {keyof typeof KINDS} kind */
export const buildDirectory = (kind) => inTree('build', kind);

/** Configure, or configure and compile; make knows itself what is up to date. @param {keyof typeof KINDS} kind */
export function cmake(kind) {
  const { command, options } = KINDS[kind];
  step(`cmake-js (${kind})`, process.execPath, [
    inTree('node_modules/cmake-js/bin/cmake-js'),
    command,
    ...options,
    '-O',
    buildDirectory(kind),
    ...(command === 'compile' ? ['-p', String(availableParallelism())] : []),
  ]);
  giveBack(inTree('build'));
}
