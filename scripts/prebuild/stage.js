import { cpSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { inTree } from '../setup/tree.js';

/** What a build from source needs: the same that the published package carries. */
const NEEDED = ['binding.gyp', 'package.json', 'native', 'scripts/sources.cjs', 'scripts/embed.cjs'];

/** A copy of the native sources to build in: node-gyp knows only `build/Release`, which belongs to the machine's own addon. */
export function stage({ name }) {
  const directory = inTree('build/prebuild', name);
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(`${directory}/scripts`, { recursive: true });
  for (const path of NEEDED) cpSync(inTree(path), `${directory}/${path}`, { recursive: true });
  symlinkSync(inTree('node_modules'), `${directory}/node_modules`);
  return directory;
}
