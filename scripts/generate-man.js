// Writes man/ and completions/ from the tables of the command lines. A unit test sees to it that they are up to date.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { inTree } from './setup/tree.js';

// Node runs TypeScript by itself from 22.18 on.
if (!process.features.typescript) (await import('tsx/esm/api')).register();
const { pages } = await import('./command-line/pages.ts');

for (const [path, text] of pages()) {
  mkdirSync(dirname(inTree(path)), { recursive: true });
  writeFileSync(inTree(path), text);
}
