/** Id mappings of a user namespace, for the rooms that act on them. */
import type { NormalizedUserNamespace } from '../options/normalized.ts';
import type { IDMapping } from '../options/types.ts';

export { idMapText } from '../options/user-namespace.ts';

/** The host's id of a container's, or undefined where it is not mapped: such ids have no files. */
export function hostId(mappings: readonly IDMapping[], id: number): number | undefined {
  const range = mappings.find(({ containerID, size }) => id >= containerID && id < containerID + size);
  return range && range.hostID + (id - range.containerID);
}

/** The host's ids of the container's root: who owns what is made for it on the host's side. */
export function rootOf(userNamespace: NormalizedUserNamespace | undefined): { uid: number; gid: number } {
  if (!userNamespace) return { uid: 0, gid: 0 };
  return { uid: hostId(userNamespace.uidMappings, 0) ?? 0, gid: hostId(userNamespace.gidMappings, 0) ?? 0 };
}
