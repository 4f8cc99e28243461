import { spawnSync } from 'node:child_process';
import { asOwner } from './owner.js';
import { Stop } from './say.js';
import { tree } from './tree.js';

/**
 * Run one step of a build to its end, as the tree's owner, with its output on standard error.
 * @param {string} what names the step when it fails
 * @param {string} file @param {string[]} args
 * @param {{ env?: Record<string, string>, cwd?: string }} [options]
 */
export function step(what, file, args, { env = {}, cwd = tree } = {}) {
  const owner = asOwner();
  const result = spawnSync(file, args, {
    cwd,
    ...owner,
    env: { ...(owner.env ?? process.env), ...env },
    stdio: ['ignore', 2, 2],
  });
  if (result.error) throw new Stop(`${what}: cannot run ${file}: ${result.error.message}`);
  if (result.signal) throw new Stop(`${what} was ended by ${result.signal}`);
  if (result.status !== 0) throw new Stop(`${what} failed (exit status ${result.status}); what it said is above`);
}
