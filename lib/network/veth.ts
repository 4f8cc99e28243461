/**
 * A container's own network namespace: loopback up, and veth pairs whose one end is born in it under its final name.
 * The other end stays on the host and goes when the namespace does; deleting it by hand takes some 20 ms, and is done only
 * for who has a lease, which must not go to the next while the link answers for it.
 */
import type { NormalizedInterface } from '../options/normalized.ts';
import type { Actor } from '../program/contract.ts';
import type { LaunchNames } from '../program/names.ts';
import { type Operation, operation } from '../program/operation.ts';
import type { SlotTable } from '../program/slots.ts';
import { deafEnds, ipv6Setting } from './advertisements.ts';
import { leaveOperations } from './bridge.ts';
import { type Interface, resolveInterfaces } from './interfaces.ts';
import { bornInside, borrowed, insideLink, shapedOutside } from './link-operations.ts';
import { leasePath } from './paths.ts';
import { publishOperations } from './publish.ts';
import { isUserMode, userModeOperations } from './user-mode.ts';

/**
 * Names for the host's ends: at most 15 characters, and others at each launch. A name made of the container's would meet
 * the one of its last run, which the kernel takes down in its own time, or that of a container whose name begins alike
 * (CVE-2026-39402).
 */
export const hostInterface = ({ nonce }: LaunchNames, index = 0): string => `cf${'defghijk'[index]}${nonce}`;

export interface NetworkOperations {
  /** Before unshare(CLONE_NEWNET): a netlink socket acts in the namespace in which it was opened. */
  before: Operation[];
  /** After it. */
  after: Operation[];
  /** Of the host's side, beside the child: before its command is executed they are done. */
  beside: Operation[];
  undo: Operation[];
  /** The network namespace is made by `before`. */
  namespace: boolean;
}

/**
 * Loopback and the interfaces asked for.
 * @param host the actor that has the host's privileges, when it isn't the child
 * @param reserve the actor that takes leases: the first one to run
 */
export function networkOperations(
  options: readonly NormalizedInterface[],
  slots: SlotTable,
  host: Actor,
  names: LaunchNames,
  reserve: Actor = host,
  hostname: string = names.id,
): NetworkOperations {
  const byProgram = userModeOperations(options);
  // Its interface is made, named and configured by the program.
  const own = options.filter((option) => !isUserMode(option));
  const interfaces = resolveInterfaces(own, names);
  const inside = slots.reserve('netlink');
  const ports = publishOperations(own, interfaces, names, reserve);
  const leases = leaseOperations(interfaces, slots, names, reserve, hostname);
  const lent = borrowed(interfaces, host, names);
  const links = linkOperations(interfaces, slots, host, names);
  return {
    before: [...leases.take, ...ports.reserve, ...links.before, ...lent.before],
    after: [...byProgram, ...links.after, ...insideOperations(inside, interfaces)],
    beside: ports.open,
    undo: [...lent.undo, ...ports.undo, ...leases.undo],
    namespace: lent.namespace,
  };
}

/** Who holds an address and how it is called there, by the text of its lease; pool.ts reads it. */
const holderOf = ({ id, nonce }: LaunchNames, hostname: string, aliases: readonly string[]): string =>
  [id, nonce, hostname, ...aliases].join(' ');

function leaseOperations(
  interfaces: readonly Interface[],
  slots: SlotTable,
  names: LaunchNames,
  actor: Actor,
  hostname: string,
) {
  const take: Operation[] = [];
  const undo: Operation[] = [];
  for (const [index, { network, addresses, aliases, host, link }] of interfaces.entries()) {
    if (!network) continue;
    const holder = holderOf(names, hostname, aliases);
    const path = leasePath(network.name, addresses[0]?.text as string);
    take.push(operation('hold', { path, holder }, { actor }));
    // A connection that a killed process leaves unacknowledged keeps the namespace for minutes (tcp(7), tcp_orphan_retries).
    // A name that was chosen may be another's by now.
    if (link.type === 'veth' && host === undefined)
      undo.push(operation('linkDelete', { name: hostInterface(names, index) }, { actor: 'undo' }));
    undo.push(
      operation('guard', { path, holder, skip: 1 }, { actor: 'undo' }),
      operation('unlink', { path }, { actor: 'undo', tolerate: 'ENOENT' }),
    );
    if (network.default) undo.push(...leaveOperations(network, slots.reserve('lock of the networks')));
  }
  return { take, undo };
}

/** The pairs, laid from the host into the namespace. */
function linkOperations(interfaces: readonly Interface[], slots: SlotTable, host: Actor, names: LaunchNames) {
  if (interfaces.length === 0) return { before: [], after: [] };
  const outside = slots.reserve('netlink of the host');
  const namespace = slots.reserve('network namespace');
  const ground = { outside, namespace, actor: host };
  // Where no network has it, nobody is to speak it (CVE-2024-32473).
  const withoutIPv6 = interfaces.every(
    ({ network, addresses }) =>
      network !== undefined && network.subnet6 === undefined && addresses.every(({ family }) => family === 4),
  );
  const ends = deafEnds(interfaces, slots, ground);
  return {
    before: [operation('netlinkOpen', { into: outside }, { actor: host }), ...ends.before],
    after: [
      ipv6Setting('default', 'accept_ra', '0'),
      ...(withoutIPv6 ? [ipv6Setting('default', 'disable_ipv6', '1')] : []),
      host === 'child'
        ? operation('open', { path: '/proc/self/ns/net', into: namespace })
        : operation('openNamespace', { name: 'net', into: namespace }, { actor: host }),
      ...interfaces.flatMap((each, index) => {
        const { name: peer, host: outer, mtu, bridge: master, mac: address, link } = each;
        if (link.type !== 'veth') return bornInside(each, ground);
        const name = outer ?? hostInterface(names, index);
        return [
          operation('vethCreate', { socket: outside, name, peer, namespace, mtu, master, address }, { actor: host }),
          ...ends.after(each, name),
          ...shapedOutside(each, name, ground),
        ];
      }),
      // A container that asks for its own published port is sent back by where it came from, which a bridge does not do
      // where it hands its frames to the firewall (br_netfilter).
      ...interfaces.flatMap(({ publishes, host: outer }, index) =>
        publishes
          ? [
              operation(
                'bridgePortHairpin',
                { socket: outside, name: outer ?? hostInterface(names, index) },
                { actor: host },
              ),
            ]
          : [],
      ),
      operation('close', { descriptor: namespace }, { actor: host }),
      operation('close', { descriptor: outside }, { actor: host }),
      ...ends.done,
    ],
  };
}

/** What the child does in its own namespace, once the links are there: one message to the kernel for all. */
function insideOperations(socket: number, interfaces: readonly Interface[]): Operation[] {
  const operations: Operation[] = [
    operation('netlinkOpen', { into: socket }),
    operation('linkSetUp', { socket, name: 'lo' }),
  ];
  if (interfaces.length > 0) operations.push(operation('netlinkHold', { socket }));
  for (const { name, addresses, routes } of interfaces) {
    for (const { bytes, prefix } of addresses)
      operations.push(operation('addressAdd', { socket, name, address: bytes, prefix }));
    operations.push(operation('linkSetUp', { socket, name }));
    for (const { destination, gateway } of routes)
      operations.push(
        operation('routeAdd', {
          socket,
          name,
          ...(destination && { destination: destination.bytes, prefix: destination.prefix }),
          ...(gateway !== undefined && { gateway }),
        }),
      );
  }
  if (interfaces.length > 0) operations.push(operation('netlinkFlush', { socket }));
  operations.push(...interfaces.flatMap((each) => insideLink(each, socket)));
  operations.push(operation('close', { descriptor: socket }));
  return operations;
}
