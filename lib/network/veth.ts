/**
 * A container's own network namespace: loopback up, and a veth pair whose one end is born in it under its final name.
 * The other end stays on the host and goes when the namespace does; deleting it by hand would take 34 ms.
 */
import type { Actor } from '../program/contract.ts';
import type { LaunchNames } from '../program/names.ts';
import { type Operation, operation } from '../program/operation.ts';
import type { SlotTable } from '../program/slots.ts';
import { parseAddress, parseCidr } from './address.ts';

/** A veth as lib/options leaves it. */
export interface Interface {
  /** Name in the container. */
  interface: string;
  address?: string | undefined;
  bridge?: string | undefined;
  gateway?: string | undefined;
  mtu?: number | undefined;
}

/**
 * A name for the host's end: at most 15 characters, and another at each launch. A name made of the container's would meet
 * the one of its last run, which the kernel takes down in its own time, or that of a container whose name begins alike
 * (CVE-2026-39402).
 */
export const hostInterface = ({ nonce }: LaunchNames): string => `cfd${nonce}`;

export interface NetworkOperations {
  /** Before unshare(CLONE_NEWNET): a netlink socket acts in the namespace in which it was opened. */
  before: Operation[];
  /** After it. */
  after: Operation[];
}

/** Loopback and, if asked for, the veth pair. `host`: the actor that has the host's privileges, when it isn't the child. */
export function networkOperations(
  veth: Interface | undefined,
  slots: SlotTable,
  host: Actor,
  names: LaunchNames,
): NetworkOperations {
  const inside = slots.reserve('netlink');
  const before: Operation[] = [];
  const after: Operation[] = [];
  if (veth) {
    const outside = slots.reserve('netlink of the host');
    const namespace = slots.reserve('network namespace');
    before.push(operation('netlinkOpen', { into: outside }, { actor: host }));
    after.push(
      // Whoever is on the link could become its router (CVE-2020-13401). No IPv6, no such file.
      operation(
        'write',
        { path: '/proc/sys/net/ipv6/conf/default/accept_ra', data: Buffer.from('0') },
        { tolerate: 'ENOENT' },
      ),
      host === 'child'
        ? operation('open', { path: '/proc/self/ns/net', into: namespace })
        : operation('openNamespace', { name: 'net', into: namespace }, { actor: host }),
      operation(
        'vethCreate',
        {
          socket: outside,
          name: hostInterface(names),
          peer: veth.interface,
          namespace,
          mtu: veth.mtu ?? 0,
          master: veth.bridge ?? '',
        },
        { actor: host },
      ),
      operation('close', { descriptor: namespace }, { actor: host }),
      operation('close', { descriptor: outside }, { actor: host }),
    );
  }
  return { before, after: [...after, ...insideOperations(inside, veth)] };
}

/** What the child does in its own namespace, once the veth is there. */
function insideOperations(socket: number, veth: Interface | undefined): Operation[] {
  const operations: Operation[] = [
    operation('netlinkOpen', { into: socket }),
    operation('linkSetUp', { socket, name: 'lo' }),
  ];
  if (veth) {
    const { interface: name } = veth;
    const address = veth.address === undefined ? undefined : parseCidr(veth.address);
    if (address)
      operations.push(operation('addressAdd', { socket, name, address: address.bytes, prefix: address.prefix }));
    operations.push(operation('linkSetUp', { socket, name }));
    const gateway = veth.gateway === undefined ? undefined : parseAddress(veth.gateway);
    if (gateway) operations.push(operation('routeAdd', { socket, name, gateway }));
  }
  operations.push(operation('close', { descriptor: socket }));
  return operations;
}
