import { rmSync } from 'node:fs';
import { isFresh, markFresh } from './fresh.js';
import { giveBack } from './owner.js';
import { say } from './say.js';
import { step } from './step.js';
import { inTree } from './tree.js';

const STAMP = inTree('dist/.complete');
const SOURCES = ['lib', 'tsconfig.json', 'tsconfig.build.json'].map((path) => inTree(path));

/**
 * dist/, compiled from lib/ when a source is newer.
 * @param {{ clean?: boolean }} [options] clean: from nothing, so that no file of a source that is gone remains
 */
export function ensureTypescript({ clean = false } = {}) {
  if (!clean && isFresh(STAMP, SOURCES)) return;
  if (clean) rmSync(inTree('dist'), { recursive: true, force: true });
  say('compiling TypeScript');
  const began = Date.now();
  rmSync(STAMP, { force: true });
  step('tsc', process.execPath, [inTree('node_modules/typescript/bin/tsc'), '-p', inTree('tsconfig.build.json')]);
  markFresh(STAMP, began);
  giveBack(inTree('dist'));
}
