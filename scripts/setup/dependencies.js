import { existsSync, statSync, utimesSync } from 'node:fs';
import { giveBack } from './owner.js';
import { say } from './say.js';
import { step } from './step.js';
import { inTree } from './tree.js';

const modified = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;

/**
 * The packages of package-lock.json in node_modules: `npm ci`, when they are not there or older than the lock file.
 * No install scripts are run: nothing that we use has one that it cannot do without.
 */
export function ensureDependencies() {
  const lock = inTree('package-lock.json');
  // npm writes this file last; a node_modules that an interrupted npm left behind does not have it.
  const installed = inTree('node_modules/.package-lock.json');
  if (modified(installed) >= modified(lock)) return;
  const again = existsSync(installed) ? 'package-lock.json is newer than node_modules: ' : '';
  say(`${again}npm ci (about 70 MB to download the first time, one minute on a usual line)`);
  step('npm ci', 'npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund']);
  const now = new Date();
  utimesSync(installed, now, now);
  giveBack(inTree('node_modules'));
}
