// The API reference, from the docstrings: `npm run docs`. A broken link, or a type that is used but not exported, fails it.
import { step } from './setup/step.js';
import { inTree } from './setup/tree.js';

export const buildDocs = () =>
  step('typedoc', inTree('node_modules/.bin/typedoc'), ['--options', inTree('typedoc.json')]);
