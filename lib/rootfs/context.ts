/** What every part of a root file system needs to know of the launch it belongs to. */
import { OPEN_TREE } from '../program/constants.ts';
import type { Actor } from '../program/contract.ts';
import { type Operation, operation } from '../program/operation.ts';
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
  /** The uid and gid on the host that are root in the container; 'leased': known when it is launched. */
  owner: { uid: number; gid: number } | 'leased';
  /** Slot of a user namespace whose maps idmapped mounts get; undefined where files have the owners that the host sees. */
  idmap: number | undefined;
  /** The caller is not root: even the host's side has no privileges, and overlays keep their marks in user.* attributes. */
  unprivileged: boolean;
  /** True with a user namespace of its own: mknod(2) is refused there. */
  userNamespace: boolean;
  /** Which namespaces are the container's own: sysfs, proc and mqueue belong to one each. */
  ownNetwork: boolean;
  ownPid: boolean;
  ownIpc: boolean;
}

/** Make `path`, a trusted one, the container's root's. */
export function giveToRoot(path: string, { owner, privileged: actor }: RootfsContext): Operation {
  return owner === 'leased'
    ? operation('chownLeased', { path }, { actor })
    : operation('chown', { path, ...owner }, { actor });
}

/** Give a mount that is attached nowhere yet the container's view of its files' owners. */
export const idmapped = (mount: number, context: RootfsContext, tolerate?: 'EINVAL'): Operation[] =>
  context.idmap === undefined
    ? []
    : [operation('idmapMount', { mount, namespace: context.idmap }, { actor: context.privileged, tolerate })];

/** The directory or file `path` in another place, with the container's view of its owners. */
export function attachIdmapped(
  path: string,
  target: string,
  flags: number,
  slot: number,
  context: RootfsContext,
): Operation[] {
  const { privileged: actor } = context;
  return [
    operation('openTree', { path, flags: OPEN_TREE.CLONE | flags, into: slot }, { actor }),
    ...idmapped(slot, context),
    operation('moveMount', { from: slot, target }, { actor }),
  ];
}
