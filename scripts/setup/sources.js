import { readdirSync, readFileSync } from 'node:fs';
import { tree } from './tree.js';

const below = (directory) =>
  readdirSync(`${tree}/${directory}`, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath.slice(tree.length + 1)}/${entry.name}`);

/** C and C++ that people write. */
export const cppFiles = () =>
  ['native', 'test/native', 'rootfs-scripts', 'examples']
    .flatMap(below)
    .filter((path) => /\.(c|cpp|h)$/.test(path) && !readFileSync(`${tree}/${path}`, 'utf8').startsWith('// Generated'))
    .sort();

const isShell = (path) => /^#!.*\b(ba|da|)sh\b/.test(readFileSync(`${tree}/${path}`, 'utf8').slice(0, 64));

/** Shell scripts, by their first line. */
export const shellFiles = () =>
  ['.ci', 'rootfs-scripts', 'scripts', 'examples', 'test']
    .flatMap(below)
    .filter((path) => !/\.(ts|js|cjs|json|cpp|h|c|md)$/.test(path) && isShell(path))
    .sort();
