/** What an interface of each kind takes: who makes it and where, what shapes it, what gives it back. */
import { join } from 'node:path';
import { createError } from '../errors.ts';
import type { NormalizedShape } from '../options/normalized.ts';
import { CLONE, MNT, MS, O } from '../program/constants.ts';
import type { Actor } from '../program/contract.ts';
import type { LaunchNames } from '../program/names.ts';
import { type Operation, operation } from '../program/operation.ts';
import { stateDirectoryPaths } from '../state/directory.ts';
import type { Interface } from './interfaces.ts';
import { floodMessage, macvlanMessage, moveMessage, vxlanMessage } from './kinds.ts';
import { IFLA } from './rtnetlink/constants.ts';
import { queueMessages } from './shaping.ts';

/** Where interfaces are made from, and where to. */
export interface Ground {
  /** Slots: an rtnetlink socket of the host, and the container's network namespace. */
  outside: number;
  namespace: number;
  actor: Actor;
}

/** What makes an interface that is no veth, in the container's namespace under its final name. */
export function bornInside({ name, mtu, mac, link }: Interface, { outside, namespace, actor }: Ground): Operation[] {
  const common = { name, mtu, mac: Buffer.from(mac, 'latin1') };
  const request = (about: string, args: object) =>
    operation('netlinkRequest', { socket: outside, namespace, about, ...args }, { actor });
  switch (link.type) {
    case 'veth':
    case 'pasta':
    case 'slirp4netns':
      return [];
    case 'macvlan':
      return [
        request(`make macvlan ${name}`, {
          message: macvlanMessage(common, link.mode),
          other: link.parent,
          otherType: IFLA.LINK,
        }),
      ];
    case 'vxlan':
      return [request(`make vxlan ${name}`, { message: vxlanMessage(common, link) })];
    case 'move':
      return [request(`move as ${name}`, { message: moveMessage(name), link: link.device })];
  }
}

const DEFAULT_MTU = 1500;

function shaped(
  socket: number,
  link: string,
  rate: number | undefined,
  { delay, loss }: NormalizedShape,
  mtu: number,
  actor: Actor,
): Operation[] {
  return queueMessages({ rate, delay, loss }, mtu || DEFAULT_MTU).map(({ kind, message }) =>
    operation('netlinkRequest', { socket, message, link, about: `queue ${kind}` }, { actor }),
  );
}

/** On the host's end of a veth: what the container receives. */
export const shapedOutside = ({ shape, link, mtu }: Interface, end: string, { outside, actor }: Ground): Operation[] =>
  shape && link.type === 'veth' ? shaped(outside, end, shape.receive, shape, mtu, actor) : [];

/** Of the container's own end, once it is there: what it sends, and whom a tunnel leads to. */
export function insideLink({ name, shape, link, mtu }: Interface, socket: number): Operation[] {
  const peers = link.type === 'vxlan' ? link.peers : [];
  return [
    ...peers.map((peer) =>
      operation('netlinkRequest', { socket, message: floodMessage(peer), link: name, about: `peer ${peer}` }),
    ),
    ...(shape ? shaped(socket, name, shape.send, shape, mtu, 'child') : []),
  ];
}

/**
 * An interface that is the host's comes back: it would be gone with the namespace, were that not bound to a file of the
 * host. So the namespace is made first, by itself, while the host's mounts can be seen.
 */
export interface Borrowed {
  before: Operation[];
  undo: Operation[];
  /** The network namespace is made by `before`. */
  namespace: boolean;
}

export function borrowed(interfaces: readonly Interface[], host: Actor, { nonce }: LaunchNames): Borrowed {
  const moved = interfaces.filter(({ link }) => link.type === 'move');
  if (moved.length === 0) return { before: [], undo: [], namespace: false };
  if (host !== 'child')
    throw createError('ERR_UNSUPPORTED', {
      feature: "an interface of type 'move' in a container with a user namespace",
      reason: 'it could not be given back',
      hint: 'leave out userNamespace',
    });
  const directory = join(stateDirectoryPaths().run, 'netns');
  const path = `${directory}/${nonce}`;
  const undo = { actor: 'undo' } as const;
  return {
    namespace: true,
    before: [
      operation('mkdir', { path: directory, mode: 0o700 }, { tolerate: 'EEXIST' }),
      operation('write', { path, flags: O.CREAT | O.EXCL, mode: 0o600 }),
      operation('unshare', { flags: CLONE.NEWNET }),
      operation('mount', { source: '/proc/self/ns/net', target: path, flags: MS.BIND }),
    ],
    undo: [
      ...moved.map(({ name, link }) =>
        operation('linkReturn', { namespace: path, device: name, name: link.type === 'move' ? link.device : '' }, undo),
      ),
      operation('umount', { path, flags: MNT.DETACH }, { ...undo, tolerate: ['EINVAL', 'ENOENT'] }),
      operation('unlink', { path }, { ...undo, tolerate: 'ENOENT' }),
    ],
  };
}
