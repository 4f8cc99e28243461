// Rewrites every source in the one style: biome for TypeScript and JavaScript, clang-format for C and C++.
import { step } from './setup/step.js';
import { inTree } from './setup/tree.js';
import { cppFiles } from './setup/sources.js';

step('biome', inTree('node_modules/.bin/biome'), ['check', '--write']);
step('clang-format', 'clang-format', ['-i', ...cppFiles()]);
