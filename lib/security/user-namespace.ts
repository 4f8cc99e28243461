/** Id mappings of a user namespace, for the rooms that act on them. */
import type { IDMapping } from '../options/types.ts';

export { mapText } from '../options/user-namespace.ts';

/** The host's id of a container's, or undefined where it is not mapped: such ids have no files. */
export function hostId(mappings: readonly IDMapping[], id: number): number | undefined {
  const range = mappings.find(({ containerID, size }) => id >= containerID && id < containerID + size);
  return range && range.hostID + (id - range.containerID);
}
