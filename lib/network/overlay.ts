/**
 * Networks that cross hosts: on each host a bridge with a VXLAN as one of its ports, which leads to the other hosts. Nobody
 * coordinates them. All hosts are told the same subnet and of each other, and from that alone each knows which part of the
 * subnet is its own to lease, and where the responders of the others are.
 */
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { createError } from '../errors.ts';
import { hostFile, hostHas } from '../host-files.ts';
import { invalidValue } from '../options/check.ts';
import type { NormalizedNetwork } from '../options/networks.ts';
import { type Operation, operation } from '../program/operation.ts';
import { parseAddress } from './address.ts';
import { floodMessage, VXLAN_OVERHEAD, vxlanMessage } from './kinds.ts';
import type { NetworkRecord, OverlayRecord } from './record.ts';
import { IFLA } from './rtnetlink/constants.ts';
import { Subnet } from './subnet.ts';

/** The network's own address, a gateway, a container, and the address for all. */
const LEAST_PART = 4;

const ordered = (hosts: readonly string[]): string[] =>
  [...hosts].sort((one, other) => Buffer.compare(parseAddress(one) as Uint8Array, parseAddress(other) as Uint8Array));

/** A host's part of a subnet, as places in it. The first is its bridge's. */
export interface Part {
  first: number;
  last: number;
}

/** The part of one of `hosts`: the subnet in equal parts, in the order of the hosts' addresses. */
export function partOf(subnet: Subnet, hosts: readonly string[], host: string): Part {
  const size = Math.floor(Number(subnet.size) / hosts.length);
  if (size < LEAST_PART)
    throw invalidValue('subnet', `is too small for ${hosts.length} hosts`, subnet.toString(), 'give a shorter prefix');
  const index = ordered(hosts).indexOf(host);
  const end = (index + 1) * size - 1;
  return {
    first: Math.max(1, index * size),
    // Nobody has the address for all.
    last: end === Number(subnet.size) - 1 ? end - 1 : end,
  };
}

/** An interface name of its own: the bridge has the network's. */
const linkOf = ({ mac }: Pick<NetworkRecord, 'mac'>): string => `cfv${mac.slice(-10)}`;

/** The MAC of the VXLAN's own end: the bridge's with its last bit turned. */
const macOf = ({ mac }: Pick<NetworkRecord, 'mac'>): Buffer => {
  const bytes = Buffer.from(mac, 'hex');
  bytes[5] = (bytes[5] as number) ^ 1;
  return bytes;
};

/** What the record of an overlay network has more. @throws {RangeError} for a `local` that this host does not have */
export function newOverlay({ overlay }: NormalizedNetwork, subnet: Subnet): OverlayRecord | undefined {
  if (!overlay) return undefined;
  const { local, peers } = overlay;
  underlayLink(local);
  const hosts = [...new Set([local, ...peers])];
  return { ...overlay, ...partOf(subnet, hosts, local) };
}

/** The interface of this host that has an address. */
function underlayLink(local: string): string {
  const found = Object.entries(networkInterfaces()).find(([, addresses]) =>
    addresses?.some(({ address }) => address === local),
  );
  if (found) return found[0];
  throw invalidValue('local', 'is no address of this host', local, 'listAddresses() lists those there are');
}

/** Of the interface with an address of this host, bytes; undefined when the kernel does not say. By proc(5): sysfs may be of another namespace. */
export function underlayMTU(local: string): number | undefined {
  const name = underlayLink(local);
  const path = [`/proc/sys/net/ipv6/conf/${name}/mtu`, `/sys/class/net/${name}/mtu`].find(hostHas);
  return path === undefined ? undefined : Number(hostFile(path));
}

/** What fits into the tunnel: packets that did not would be lost, or be cut in two. */
export function tunnelMTU(local: string): number | undefined {
  const outer = underlayMTU(local);
  return outer === undefined ? undefined : outer - VXLAN_OVERHEAD[isIP(local) === 6 ? 6 : 4];
}

/** The VXLAN as a port of the network's bridge, which is there. */
export function overlayOperations(record: NetworkRecord, socket: number): Operation[] {
  const { overlay, name, mtu = 0 } = record;
  if (!overlay) return [];
  const link = linkOf(record);
  return [
    operation('netlinkRequest', {
      socket,
      message: vxlanMessage({ name: link, mtu, mac: macOf(record) }, overlay, true),
      other: name,
      otherType: IFLA.MASTER,
      about: `make vxlan ${link}`,
    }),
    ...overlay.peers.map((peer) =>
      operation('netlinkRequest', { socket, message: floodMessage(peer), link, about: `peer ${peer}` }),
    ),
  ];
}

/** It taken away, whether or not it is still there. */
export const undoOverlay = (record: NetworkRecord): Operation[] =>
  record.overlay ? [operation('linkDelete', { name: linkOf(record), address: macOf(record) }, { actor: 'undo' })] : [];

export const overlayLink = linkOf;

/** The bridges' addresses on the other hosts, where their responders are. */
export function peerGateways({ subnet, overlay }: NetworkRecord): string[] {
  if (!overlay) return [];
  const range = Subnet.parse(subnet) as Subnet;
  const hosts = [...new Set([overlay.local, ...overlay.peers])];
  return hosts.filter((host) => host !== overlay.local).map((host) => range.at(partOf(range, hosts, host).first));
}

/** @throws ERR_UNSUPPORTED for a random IPv6 subnet, which each host would choose for itself */
export function checkOverlay({ overlay, subnet, ipv6 }: NormalizedNetwork): void {
  if (!overlay) return;
  if (subnet === undefined)
    throw invalidValue('subnet', 'must be given for a network that crosses hosts', subnet, 'the same on all of them');
  if (ipv6 === true)
    throw createError('ERR_UNSUPPORTED', {
      feature: 'a random IPv6 subnet in a network that crosses hosts',
      reason: 'each host would have another one',
      hint: "give one such as 'fd00:4::/64', the same on all hosts",
    });
}
