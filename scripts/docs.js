// The pages that are tables of the code's own, then the API reference, from the docstrings: `npm run docs`. A broken link,
// or a type that is used but not exported, fails it.
import { typescriptFlags } from './setup/flags.js';
import { step } from './setup/step.js';
import { inTree } from './setup/tree.js';

export function buildDocs() {
  step('generate-docs', process.execPath, [...typescriptFlags(), inTree('scripts/generate-docs.ts')]);
  step('typedoc', inTree('node_modules/.bin/typedoc'), ['--options', inTree('typedoc.json')]);
}
