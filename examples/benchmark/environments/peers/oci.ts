/** crun and runc: a bundle made beforehand. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Peer } from '../commands.ts';
import { COMMAND, SLEEPER } from '../specification.ts';
import { ociConfig } from './oci-config.ts';

function bundle(directory: string, rootfs: string, command: readonly string[]): string {
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'config.json'), JSON.stringify(ociConfig(rootfs, command)));
  return directory;
}

/** @param directory Existing, private to this run. */
export function ociRuntime(name: 'crun' | 'runc', rootfs: string, directory: string): Peer {
  // Their record of containers, private to this process.
  const state = join(directory, `${name}-${process.pid}`);
  const command = bundle(join(state, 'command'), rootfs, COMMAND);
  const sleeper = bundle(join(state, 'sleeper'), rootfs, SLEEPER);
  const words = (...rest: string[]) => [name, '--root', join(state, 'root'), ...rest];
  const pidFile = (id: string) => join(state, `${id}.pid`);
  return {
    name,
    launch: (id) => words('run', '--bundle', command, id),
    hold: (id) => words('run', '--detach', '--pid-file', pidFile(id), '--bundle', sleeper, id),
    pid: (id) => Number(readFileSync(pidFile(id), 'utf8')),
    exec: (id) => words('exec', id, ...COMMAND),
    remove: (id) => words('delete', '--force', id),
  };
}
