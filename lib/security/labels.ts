/**
 * Labels of security modules, for the command that is executed next: AppArmor's profile, SELinux's context. Written to a
 * file of the host's own procfs, before the root is changed or anything of the container is joined (CVE-2019-16884,
 * CVE-2025-52881); what is cloned afterwards has it as well.
 */
import { createError } from '../errors.ts';
import { hostHas } from '../host-files.ts';
import type { NormalizedProcess } from '../options/normalized.ts';
import { O } from '../program/constants.ts';
import type { Actor } from '../program/contract.ts';
import { type Operation, operation } from '../program/operation.ts';
import type { SlotTable } from '../program/slots.ts';

interface Module {
  option: 'apparmor' | 'selinux';
  name: string;
  /** There where the module is active. */
  sign: string;
  /** Below /proc/thread-self/attr, the first that is there. */
  files: readonly string[];
  text(label: string): string;
}

const MODULES: readonly Module[] = [
  {
    option: 'apparmor',
    name: 'AppArmor',
    sign: '/sys/module/apparmor',
    files: ['apparmor/exec', 'exec'],
    text: (profile) => `exec ${profile}`,
  },
  { option: 'selinux', name: 'SELinux', sign: '/sys/fs/selinux/enforce', files: ['exec'], text: (context) => context },
];

/** @throws {CofferdamError} ERR_UNSUPPORTED where the module is not active */
export function labelOperations(
  process: Pick<NormalizedProcess, 'apparmor' | 'selinux'>,
  slots: SlotTable,
  actor: Actor,
  has: (path: string) => boolean = hostHas,
): Operation[] {
  return MODULES.flatMap(({ option, name, sign, files, text }) => {
    const label = process[option];
    if (label === undefined) return [];
    if (!has(sign))
      throw createError('ERR_UNSUPPORTED', {
        feature: `option '${option}'`,
        reason: `${name} is not active on this machine (there is no ${sign})`,
        hint: 'leave it out here',
      });
    const file = files.find((each) => has(`/proc/self/attr/${each}`)) ?? 'exec';
    const slot = slots.reserve(`${name} label`);
    return [
      operation('openProc', { path: `/proc/thread-self/attr/${file}`, flags: O.WRONLY, into: slot }, { actor }),
      operation('write', { dir: slot, data: Buffer.from(text(label)) }, { actor }),
      operation('close', { descriptor: slot }, { actor }),
    ];
  });
}
