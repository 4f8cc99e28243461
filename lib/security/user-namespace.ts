/** A container's user namespace as operations: its ids, its maps, and what the child does when it is mapped. */
import type { NormalizedUserNamespace } from '../options/normalized.ts';
import type { IDMapping } from '../options/types.ts';
import { mapText } from '../options/user-namespace.ts';
import { PR } from '../program/constants.ts';
import { type Operation, operation } from '../program/operation.ts';
import { findPrograms } from './id-map-programs.ts';

export { mapText } from '../options/user-namespace.ts';

/** The host's id of a container's, or undefined where it is not mapped: such ids have no files. */
export function hostId(mappings: readonly IDMapping[], id: number): number | undefined {
  const range = mappings.find(({ containerID, size }) => id >= containerID && id < containerID + size);
  return range && range.hostID + (id - range.containerID);
}

const host = { actor: 'host' } as const;

/** The name of a lease in the directory of leases. */
const leaseOf = (name: string): string => `owner-${name}`;

/** A range of its own, where the namespace is made of ranges. */
export function leaseOperations(
  namespace: NormalizedUserNamespace | undefined,
  directory: string,
  name: string,
): { take: Operation[]; undo: Operation[] } {
  const ranges = namespace?.ranges;
  if (!ranges || ranges === 'auto') return { take: [], undo: [] };
  const owner = leaseOf(name);
  return {
    take: [operation('leaseIds', { directory, owner, ...ranges }, host)],
    undo: [operation('releaseIds', { directory, owner }, { actor: 'undo' })],
  };
}

/**
 * A namespace with the same maps, for idmapped mounts. The host's root is mapped in it, too, as an id that no file has: an
 * overlay does with its mounter's rights what it does in its work directory.
 */
export function idmapOperation(namespace: NormalizedUserNamespace, into: number): Operation {
  const { uidMappings, gidMappings } = namespace;
  return operation('idmap', { uid: mapText(withRoot(uidMappings)), gid: mapText(withRoot(gidMappings)), into }, host);
}

function withRoot(mappings: readonly IDMapping[]): readonly IDMapping[] {
  if (mappings.length === 0 || mappings.some(({ hostID }) => hostID === 0)) return mappings;
  const containerID = Math.max(...mappings.map((each) => each.containerID + each.size));
  return [...mappings, { containerID, hostID: 0, size: 1 }];
}

/** Empty: the leased range. */
const texts = ({ uidMappings, gidMappings }: NormalizedUserNamespace) => ({
  uid: mapText(uidMappings),
  gid: mapText(gidMappings),
});

/** Arguments of newuidmap(1); an empty word is the leased range's first id. */
function words(mappings: readonly IDMapping[], { ranges }: NormalizedUserNamespace): string[] {
  const own = mappings.flatMap(({ containerID, hostID, size }) => [containerID, hostID, size].map(String));
  return ranges && ranges !== 'auto' ? [...own, '1', '', String(ranges.size)] : own;
}

/**
 * By the host's side, when the child is there. The launcher is not dumpable, which makes root the owner of its files in
 * /proc: whoever is not root has to be dumpable until its maps are written (`becomeDumpable`).
 */
export function mapOperations(namespace: NormalizedUserNamespace): Operation[] {
  if (namespace.writer !== 'programs')
    return [operation('idMaps', { ...texts(namespace), denySetgroups: namespace.writer === 'self' ? 1 : 0 }, host)];
  const programs = findPrograms();
  return [
    operation('idMapProgram', { file: programs?.gid ?? '', ranges: words(namespace.gidMappings, namespace) }, host),
    operation('idMapProgram', { file: programs?.uid ?? '', ranges: words(namespace.uidMappings, namespace) }, host),
  ];
}

export const setDumpable = (value: 0 | 1, actor: 'host' | 'child'): Operation =>
  operation('prctl', { option: PR.SET_DUMPABLE, arg2: value }, { actor });

/** Whether setgroups(2) may be called in it: not where a user mapped only itself. */
export const mayChangeGroups = (namespace: NormalizedUserNamespace | undefined): boolean =>
  namespace?.writer !== 'self';

/** The child takes on the ids of its namespace's root. */
export const becomeNamespaceRoot = (namespace: NormalizedUserNamespace | undefined): Operation =>
  operation('identity', { user: '0', group: '0', groups: ['0'], setgroups: mayChangeGroups(namespace) ? 1 : 0 });
