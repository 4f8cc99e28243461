import { cppFiles } from './setup/sources.js';
import { step } from './setup/step.js';
import { inTree } from './setup/tree.js';

/** Rewrites every source in the one style: biome for TypeScript and JavaScript, clang-format for C and C++. */
export function format() {
  step('clang-format', 'clang-format', ['-i', ...cppFiles()]);
  step('biome', inTree('node_modules/.bin/biome'), ['check', '--write']);
}
