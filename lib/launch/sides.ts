/**
 * The two sides of a launch that is split, the host's and the child's: which operations are whose, and where one waits for
 * the other.
 */
import type { NormalizedContainer } from '../options/normalized.ts';
import type { Actor } from '../program/contract.ts';
import { type Operation, operation } from '../program/operation.ts';
import { becomeNamespaceRoot, mapOperations, setDumpable } from '../security/user-namespace.ts';

export const host = { actor: 'host' } as const;

export const by = (actor: Actor, operations: readonly Operation[]): Operation[] =>
  operations.filter((each) => each.actor === actor);

/** What the host's side and the child's tell each other. */
const MARK = { mapped: 1, unshared: 2, connected: 3, published: 4 } as const;

/** A new user namespace: mapped by the host's side, then the child becomes its root. */
export function idMaps({ userNamespace }: NormalizedContainer): Operation[] {
  if (!userNamespace) return [];
  return [
    ...mapOperations(userNamespace),
    ...(userNamespace.writer === 'root' ? [] : [setDumpable(0, 'host')]),
    operation('signal', { number: MARK.mapped }, host),
    operation('await', { number: MARK.mapped }),
    becomeNamespaceRoot(userNamespace),
  ];
}

/** The host's side lays the veth into the network namespace once the child is in it. */
export function connected(after: readonly Operation[]): Operation[] {
  const first = after.findIndex(({ actor }) => actor === 'host');
  if (first < 0) return [...after];
  const rest = after.slice(first);
  return [
    ...after.slice(0, first),
    operation('signal', { number: MARK.unshared }),
    operation('await', { number: MARK.unshared }, host),
    ...by('host', rest),
    operation('signal', { number: MARK.connected }, host),
    operation('await', { number: MARK.connected }),
    ...by('child', rest),
  ];
}

/** What the host's side does while the child goes on, and the child waits for at last. */
export function besides(operations: readonly Operation[]): Operation[] {
  if (operations.length === 0) return [];
  return [
    ...operations,
    operation('signal', { number: MARK.published }, host),
    operation('await', { number: MARK.published }),
  ];
}
