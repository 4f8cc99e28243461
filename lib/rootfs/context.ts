/** What every part of a root file system needs to know of the launch it belongs to. */
import type { Actor } from '../program/contract.ts';
import type { SlotTable } from '../program/slots.ts';

export interface RootfsContext {
  slots: SlotTable;
  /** The new root's slot; filled by the root's own operations, used by everything that goes below it. */
  root: number;
  /** An empty directory of the host for the first mount, see lib/state. */
  stage: string;
  /**
   * With a user namespace of its own, the child lacks the host's privileges: what needs them (overlay, device
   * nodes, sources below directories of others) is done by the host's actor before the clone.
   */
  privileged: Actor;
  /** The uid and gid on the host that are root in the container. */
  owner: { uid: number; gid: number };
  /** True with a user namespace of its own: mknod(2) is refused there. */
  userNamespace: boolean;
  /** Which namespaces are the container's own: sysfs, proc and mqueue belong to one each. */
  ownNetwork: boolean;
  ownPid: boolean;
  ownIpc: boolean;
}
