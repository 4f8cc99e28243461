/** Why this machine can boot no guest, as a reason for reports; undefined when it should be able to. */
import { which } from '../../../scripts/setup/programs.js';
import type { ProgramName } from './programs.ts';

/** What a guest needs of this machine. */
export const VM_PROGRAMS: readonly ProgramName[] = ['qemu-system-x86_64', 'busybox'];

export function noVm(present: ReadonlySet<ProgramName>): string | undefined {
  if (process.arch !== 'x64') return `guests are x86-64 machines, this one is ${process.arch}`;
  const missing = VM_PROGRAMS.find((name) => !present.has(name));
  if (missing) return `${missing} is not installed`;
  return which('setpriv') ? undefined : 'setpriv (util-linux) is not installed';
}
