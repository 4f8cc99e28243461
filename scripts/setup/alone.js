import { spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { say } from './say.js';
import { tree } from './tree.js';

/**
 * Two scripts in one tree, from two terminals, would build into each other's files: one waits. The lock is flock(2)'s, on
 * the directory itself: flock(1) takes it on an open file that it shares with us, so it is ours until we close that file,
 * and the kernel's word that we are gone when we are killed. Where there is no flock(1), nobody waits.
 * @template Result @param {() => Result} work @param {string} [directory]
 */
export function alone(work, directory = tree) {
  const descriptor = openSync(directory, 'r');
  const flock = (...options) => spawnSync('flock', [...options, '3'], { stdio: ['ignore', 'ignore', 2, descriptor] });
  try {
    if (flock('--nonblock').status === 1) {
      say('another script is building in this tree: waiting until it has');
      flock();
    }
    return work();
  } finally {
    closeSync(descriptor);
  }
}
