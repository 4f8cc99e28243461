/**
 * How a process loses the privileges that set it up. The order is what the kernel demands (capabilities(7)):
 *
 *   bounding     while CAP_SETPCAP is there
 *   keep         PR_SET_KEEPCAPS, or leaving uid 0 would clear the permitted set
 *   identity     groups, gid, uid, while CAP_SETGID and CAP_SETUID are there
 *   sets         effective, permitted and inheritable: never what was inherited (the class of CVE-2022-29162)
 *   ambient      within permitted and inheritable, so after them
 *   no_new_privs last, so that nothing before it depends on it
 *
 * At the exec the kernel computes the sets anew: uid 0 gets the bounding set, anybody else the ambient one, which is
 * empty unless asked for. So a non-root user has no capabilities by default, whatever the other sets say.
 */
import type { NormalizedProcess } from '../options/normalized.ts';
import { PR } from '../program/constants.ts';
import { type Operation, operation } from '../program/operation.ts';
import { availableCapabilities } from './available.ts';
import { capabilityMasks } from './capabilities.ts';

export interface PrivilegeOptions {
  /** Bits of the standard streams that are the process's own (pipes and ptys made for it): given to its user. */
  own: number;
  /** False where setgroups(2) is denied: a user namespace that was mapped without privilege. */
  setgroups: boolean;
  /** Fill in the `HOME=` entry of the environment. */
  home: boolean;
  /** What can be given. Default: what this program has. */
  available?: bigint | undefined;
}

/** Take the process's identity and drop to its capabilities. By the child, after pivot_root: names are the container's. */
export function dropPrivileges(
  process: Pick<NormalizedProcess, 'user' | 'capabilities' | 'noNewPrivileges'>,
  options: PrivilegeOptions,
): Operation[] {
  const { available = availableCapabilities(false) } = options;
  const { bounding, effective, permitted, inheritable, ambient } = capabilityMasks(process.capabilities, available);
  const { user, group, groups } = process.user;
  const operations = [
    operation('capBounding', { keep: bounding }),
    operation('prctl', { option: PR.SET_KEEPCAPS, arg2: 1 }),
    operation('identity', {
      user,
      group,
      groups,
      setgroups: options.setgroups ? 1 : 0,
      home: options.home ? 1 : 0,
      own: options.own,
    }),
    operation('capset', { effective, permitted, inheritable }),
    operation('capAmbient', { mask: ambient }),
  ];
  if (process.noNewPrivileges) operations.push(operation('prctl', { option: PR.SET_NO_NEW_PRIVS, arg2: 1 }));
  return operations;
}

/**
 * A session keyring of its own, anonymous: keys of this program's session are not for the container. Where keyctl(2) is
 * refused (the usual filter of an outer container) there is nothing that it could read either.
 */
export const sessionKeyring = (): Operation => operation('joinSessionKeyring', {}, { tolerate: 'EPERM' });
