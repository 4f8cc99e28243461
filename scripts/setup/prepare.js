// `npm install` in a clone, and from a git address, ends with this; so does the making of every tarball. A package
// installed from git is what `files` names of a clone, so the addon must lie where a published one has it.
import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { isFresh } from './fresh.js';
import { libc } from './libc.js';
import { ensureNative, NATIVE_SOURCES } from './native.js';
import { giveBack } from './owner.js';
import { say } from './say.js';
import { inTree } from './tree.js';
import { ensureTypescript } from './typescript.js';

const BUILT = inTree('build/Release');

export function prepare() {
  if (!existsSync(inTree('node_modules/typescript'))) {
    say('the development dependencies are not installed: nothing is built');
    return;
  }
  ensureTypescript({ clean: true });
  if (process.platform !== 'linux') {
    say(`the addon is for Linux: on ${process.platform} there are only the types`);
    return;
  }
  const directory = inTree('prebuilds', `linux-${process.arch}`);
  const prebuilt = `${directory}/cofferdam.${libc()}.node`;
  if (isFresh(prebuilt, NATIVE_SOURCES)) return;
  // Installing system packages is more than anybody expects of `npm install`.
  ensureNative({ install: false });
  mkdirSync(directory, { recursive: true });
  copyFileSync(`${BUILT}/cofferdam.node`, prebuilt);
  copyFileSync(`${BUILT}/cofferdam-launcher`, `${directory}/cofferdam-launcher`);
  giveBack(inTree('prebuilds'));
}
