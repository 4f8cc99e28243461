import { availableParallelism } from 'node:os';
import { isFresh, markFresh } from './fresh.js';
import { headersPrefix } from './headers.js';
import { giveBack } from './owner.js';
import { ensurePackages } from './packages.js';
import { Stop, say } from './say.js';
import { step } from './step.js';
import { inTree } from './tree.js';

const STAMP = inTree('build/Release/.complete');
/** Files and directories that the addon is made from. */
export const NATIVE_SOURCES = [
  'binding.gyp',
  'scripts/sources.cjs',
  'scripts/embed.cjs',
  'native/sources.txt',
  'native/addon',
  'native/launcher',
  'native/program',
  'native/sys',
].map((path) => inTree(path));

/**
 * The addon of this machine in build/Release, made with node-gyp when a source is newer.
 * @param {{ install?: boolean }} [options] install: root may install a missing compiler (default true)
 */
export function ensureNative({ install = true } = {}) {
  if (isFresh(STAMP, NATIVE_SOURCES)) return;
  if (process.platform !== 'linux') throw new Stop(`the addon can be built on Linux only, this is ${process.platform}`);
  ensurePackages(['native'], { install });
  const prefix = headersPrefix();
  say('building the native addon with node-gyp (under a minute)');
  const began = Date.now();
  step('the build of the native addon', process.execPath, [
    inTree('node_modules/node-gyp/bin/node-gyp.js'),
    'configure',
    'build',
    '--release',
    '--loglevel=warn',
    `--jobs=${availableParallelism()}`,
    ...(prefix ? [`--nodedir=${prefix}`] : []),
  ]);
  markFresh(STAMP, began);
  giveBack(inTree('build'));
}
