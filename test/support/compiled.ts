/**
 * The examples as plain JavaScript, compiled once: a test that runs a program a hundred times waits for the program then, and
 * not for tsx, which takes a second of CPU each time. The tree that they find around them is this one.
 */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { temporary } from './rootfs.ts';

const tree = fileURLToPath(new URL('../../', import.meta.url));

/** What the programs look for at the top of the tree; lib/ compiled is dist/. */
const AROUND = {
  'package.json': 'package.json',
  node_modules: 'node_modules',
  'rootfs-scripts': 'rootfs-scripts',
  dist: 'dist',
  lib: 'dist',
};

/** Imports of this tree's files, of which esbuild keeps the names when it does not bundle. */
const OWN_IMPORT = /\b((?:from|import)\s*\(?\s*"\.{1,2}\/[^"]+)\.ts"/g;

/** A directory, removed at the end of the test file, with examples/NAME.js for each examples/NAME.ts. */
export function compiledExamples(): string {
  const directory = temporary('compiled');
  for (const [name, from] of Object.entries(AROUND)) symlinkSync(join(tree, from), join(directory, name));
  const { outputFiles } = buildSync({
    absWorkingDir: tree,
    entryPoints: ['examples/**/*.ts'],
    outbase: 'examples',
    outdir: 'examples',
    format: 'esm',
    target: 'node20',
    write: false,
    logLevel: 'error',
  });
  for (const { path, text } of outputFiles) {
    const to = join(directory, relative(tree, path));
    mkdirSync(dirname(to), { recursive: true });
    writeFileSync(to, text.replace(OWN_IMPORT, '$1.js"'));
  }
  return directory;
}
