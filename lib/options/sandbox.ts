/** What `createSandbox()` takes. */
import { bare, type Check, fields, invalidValue, list, string } from './check.ts';
import { cgroupParent } from './container.ts';
import { hostname, id, randomId } from './names.ts';
import { network } from './network.ts';
import type { NormalizedInterface } from './normalized.ts';
import type { NamespaceName } from './types.ts';

/** Namespaces that a process can leave behind without being in them as PID 1 or with a root file system. */
const SHAREABLE: readonly NamespaceName[] = ['network', 'ipc', 'uts'];

const namespaceName: Check<NamespaceName> = (value, option) => {
  const name = string(value, option);
  if (!SHAREABLE.includes(name as NamespaceName))
    throw invalidValue(option, `must be one of ${SHAREABLE.join(', ')}`, value);
  return name as NamespaceName;
};

const sandboxFields = fields({ id, hostname, namespaces: list(namespaceName, 1), network, cgroupParent });

export interface NormalizedSandbox {
  readonly id: string;
  readonly hostname: string;
  readonly namespaces: readonly NamespaceName[];
  readonly network: readonly NormalizedInterface[];
  readonly cgroupParent: string | undefined;
}

/** @throws {TypeError|RangeError} naming the option */
export function normalizeSandboxOptions(options: unknown): NormalizedSandbox {
  const given = sandboxFields(options, '');
  const { network = 'none' } = given;
  if (network === 'host' || (typeof network === 'object' && 'container' in network))
    throw invalidValue(
      'network',
      network === 'host' ? "cannot be the host's in a sandbox" : "cannot be another's in a sandbox",
      network,
      "leave 'network' out of namespaces instead",
    );
  const name = given.id ?? randomId();
  return bare({
    id: name,
    hostname: given.hostname ?? name,
    namespaces: [...new Set(given.namespaces ?? SHAREABLE)],
    network: network === 'none' ? Object.freeze([]) : network,
    cgroupParent: given.cgroupParent,
  });
}
