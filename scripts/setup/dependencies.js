import { readFileSync, statSync, utimesSync } from 'node:fs';
import { giveBack } from './owner.js';
import { say } from './say.js';
import { step } from './step.js';
import { inTree } from './tree.js';

const LOCK = inTree('package-lock.json');
/** npm writes this one last; a node_modules that an interrupted npm left behind does not have it. */
const INSTALLED = inTree('node_modules/.package-lock.json');

const modified = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
const packagesOf = (path) => JSON.parse(readFileSync(path, 'utf8')).packages;

/** Whether node_modules is what the lock file says. Optional packages are for other platforms when they are not there. */
function isInstalled() {
  if (modified(INSTALLED) === 0) return false;
  const installed = packagesOf(INSTALLED);
  return Object.entries(packagesOf(LOCK)).every(([path, { version, optional }]) => {
    if (path === '') return true;
    return installed[path] ? installed[path].version === version : optional === true;
  });
}

/**
 * The packages of package-lock.json in node_modules: `npm ci`, when they are not there or are others. No install scripts
 * are run: nothing that we use has one that it cannot do without.
 */
export function ensureDependencies() {
  if (modified(INSTALLED) >= modified(LOCK)) return;
  if (!isInstalled()) {
    say('npm ci: the packages for building and testing (about 100 MB to download the first time, a minute or two)');
    step('npm ci', 'npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund']);
  }
  const now = new Date();
  utimesSync(INSTALLED, now, now);
  giveBack(inTree('node_modules'));
}
