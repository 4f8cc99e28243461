/** A network's bridge and table: what makes them, and what takes them away. */
import { type Operation, operation } from '../program/operation.ts';
import { parseAddress } from './address.ts';
import { asText } from './given.ts';
import { deleteTable, type Element, nftOperation, tableDocument } from './nft.ts';
import { overlayOperations, undoOverlay } from './overlay.ts';
import { leasesDirectory, lockPath, networkDirectory } from './paths.ts';
import type { NetworkRecord } from './record.ts';
import { Subnet } from './subnet.ts';

const macOf = ({ mac }: NetworkRecord): string => Buffer.from(mac, 'hex').toString('latin1');

const sysctl = (path: string, value: string): Operation =>
  operation('write', { path: `/proc/sys/net/${path}`, data: value }, { tolerate: 'ENOENT' });

/** The bridge with its addresses. @param socket an rtnetlink socket */
export function bridgeOperations(record: NetworkRecord, socket: number): Operation[] {
  const { name, subnet, gateway, subnet6, gateway6, mtu = 0 } = record;
  const address = (text: string, range: string) =>
    operation('addressAdd', {
      socket,
      name,
      address: asText(parseAddress(text) as Uint8Array),
      prefix: (Subnet.parse(range) as Subnet).length,
    });
  return [
    operation('bridgeCreate', { socket, name, mtu, address: macOf(record) }),
    // Before it is up, or it would have a link-local address for a moment (CVE-2024-32473).
    sysctl(`ipv6/conf/${name}/disable_ipv6`, subnet6 === undefined ? '1' : '0'),
    // Who is on the bridge is no router of the host (CVE-2020-13401).
    sysctl(`ipv6/conf/${name}/accept_ra`, '0'),
    operation('netlinkHold', { socket }),
    address(gateway, subnet),
    ...(subnet6 !== undefined && gateway6 !== undefined ? [address(gateway6, subnet6)] : []),
    operation('linkSetUp', { socket, name }),
    operation('netlinkFlush', { socket }),
    ...overlayOperations(record, socket),
  ];
}

export const tableOperation = (record: NetworkRecord, elements: readonly Element[] = []): Operation =>
  nftOperation(tableDocument(record, elements), 'child');

/** Bridge and table taken away, whether or not they are still there. */
export const unmakeOperations = (record: NetworkRecord): Operation[] => [
  ...undoOverlay(record),
  operation('linkDelete', { name: record.name, address: macOf(record) }, { actor: 'undo' }),
  nftOperation(deleteTable(record.name), 'undo', ['ENOENT']),
];

/**
 * What the last user of the default network does, and every other one tries: `leases` cannot be removed before it is
 * empty. Under the lock, so that nobody makes the network anew meanwhile.
 * @param lock a slot for the lock
 */
export function leaveOperations(record: NetworkRecord, lock: number): Operation[] {
  const unmake = [
    ...unmakeOperations(record),
    operation('removeTree', { path: networkDirectory(record.name) }, { actor: 'undo', tolerate: 'ENOENT' }),
  ];
  return [
    operation('lock', { path: lockPath(), into: lock }, { actor: 'undo' }),
    operation('removeDirectory', { path: leasesDirectory(record.name), skip: unmake.length }, { actor: 'undo' }),
    ...unmake,
    operation('close', { descriptor: lock }, { actor: 'undo' }),
  ];
}
