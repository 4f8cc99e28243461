import { SlotTable } from '../../../lib/program/slots.ts';
import type { RootfsContext } from '../../../lib/rootfs/context.ts';

/** A context as the launch compiler makes it: without a user namespace, unless said. */
export function rootfsContext(changes: Partial<RootfsContext> = {}): RootfsContext {
  const slots = new SlotTable();
  return {
    slots,
    root: slots.reserve('/', '/'),
    stage: '/stage',
    privileged: 'child',
    owner: { uid: 0, gid: 0 },
    idmap: undefined,
    userNamespace: false,
    unprivileged: false,
    ownNetwork: true,
    ownPid: true,
    ownIpc: true,
    ...changes,
  };
}

export const inUserNamespace = (changes: Partial<RootfsContext> = {}): RootfsContext =>
  rootfsContext({ privileged: 'host', userNamespace: true, owner: { uid: 100000, gid: 100000 }, ...changes });
