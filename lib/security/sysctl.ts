/**
 * sysctls of a container. Only keys that belong to a namespace, and only where that namespace is the container's own:
 * any other is the host's, and some of those run programs (kernel.core_pattern, CVE-2022-0811).
 */
import { invalidValue } from '../options/check.ts';
import type { NamespaceName, NamespaceOption } from '../options/types.ts';
import { type Operation, operation } from '../program/operation.ts';

/** Which namespace a key belongs to: ipc_namespaces(7), network_namespaces(7), uts_namespaces(7). */
const NAMESPACED: readonly [namespace: NamespaceName, key: RegExp][] = [
  ['ipc', /^kernel\.(msgmax|msgmnb|msgmni|sem|shmall|shmmax|shmmni|shm_rmid_forced)$/],
  ['ipc', /^fs\.mqueue\./],
  ['uts', /^kernel\.domainname$/],
  ['network', /^net\./],
];

/**
 * Writes to the files of /proc/sys, which act on the namespaces of whoever writes. By the child, when it is in its
 * namespaces, and before pivot_root: the host's /proc cannot be an image's forgery (CVE-2025-52881).
 * @throws {RangeError} for a key that is not of a namespace of the container's own
 */
export function sysctlOperations(
  sysctl: Readonly<Record<string, string>>,
  namespaces: Readonly<Record<NamespaceName, NamespaceOption>>,
): Operation[] {
  return Object.entries(sysctl).map(([key, value]) => {
    const row = NAMESPACED.find(([, pattern]) => pattern.test(key));
    if (!row) throw invalidValue(`sysctl.${key}`, 'is not a sysctl of any namespace: it would change the host', value);
    const [name] = row;
    if (namespaces[name] !== 'new')
      throw invalidValue(
        `sysctl.${key}`,
        `needs the container's own ${name} namespace`,
        value,
        `leave out namespaces.${name}`,
      );
    return operation('write', { path: `/proc/sys/${key.replaceAll('.', '/')}`, data: Buffer.from(value) });
  });
}
