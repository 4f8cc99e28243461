/** The operations that make a network whole, and what undoes one that did not become so. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LaunchNames } from '../program/names.ts';
import { type Operation, operation } from '../program/operation.ts';
import type { SlotTable } from '../program/slots.ts';
import { bridgeOperations, leaveOperations, tableOperation, unmakeOperations } from './bridge.ts';
import {
  keptDirectory,
  keptPath,
  leasesDirectory,
  networkDirectory,
  networksDirectory,
  portsDirectory,
  recordPath,
  STAGED,
} from './paths.ts';
import { PROGRAM } from './pool.ts';
import { type NetworkRecord, recordText } from './record.ts';

const undo = { actor: 'undo' } as const;

/** Directories that hold everything; they stay. */
export const placeOperations = (): Operation[] =>
  [networksDirectory(), portsDirectory()].map((path) => operation('mkdir', { path, mode: 0o700, parents: 1 }));

const reads = (path: string): string => (existsSync(path) ? readFileSync(path, 'utf8').trim() : '');

const write = (path: string, value: string): Operation => operation('write', { path, data: value });

/**
 * The host forwards packets, in the families that the network has. That is a setting of the whole host, which stays: other
 * programs may have come to need it. IPv6: a host that forwards takes no router advertisements any more, and would lose
 * its own addresses, unless accept_ra is 2; so that says what it said before.
 */
export function forwardingOperations({ internal, subnet6 }: NetworkRecord): Operation[] {
  if (internal) return [];
  const operations: Operation[] = [];
  if (reads('/proc/sys/net/ipv4/ip_forward') === '0') operations.push(write('/proc/sys/net/ipv4/ip_forward', '1'));
  const conf = '/proc/sys/net/ipv6/conf';
  if (subnet6 === undefined || reads(`${conf}/all/forwarding`) !== '0') return operations;
  for (const link of readdirSync(conf)) {
    const path = `${conf}/${link}/accept_ra`;
    if (link !== 'all' && reads(path) === '1') operations.push(write(path, '2'));
  }
  return [...operations, write(`${conf}/all/forwarding`, '1')];
}

/** Where a network is on record until it is whole, and the link that says that it is not. */
const stage = ({ nonce }: LaunchNames): string => join(networksDirectory(), `${STAGED}${nonce}`);

/** The link of a program that holds the default network. */
const holdPath = (record: NetworkRecord, { nonce }: LaunchNames): string =>
  join(networkDirectory(record.name), 'leases', `${PROGRAM}${nonce}`);

/** All of it, in the order in which it becomes one. Of the default network this program is the first user. */
export function makeOperations(record: NetworkRecord, slots: SlotTable, names: LaunchNames): Operation[] {
  const socket = slots.reserve('netlink');
  const place = stage(names);
  return [
    ...placeOperations(),
    operation('mkdir', { path: place, mode: 0o700 }),
    operation('hold', { path: join(place, 'unfinished'), holder: names.nonce }),
    operation('mkdir', { path: join(place, 'leases'), mode: 0o700 }),
    operation('write', {
      path: join(place, 'network.json'),
      flags: 0o100 /* O_CREAT */,
      mode: 0o600,
      data: recordText(record),
    }),
    ...(record.default
      ? [operation('hold', { path: join(place, 'leases', `${PROGRAM}${names.nonce}`), holder: holder(names) })]
      : []),
    operation('netlinkOpen', { into: socket }),
    ...bridgeOperations(record, socket),
    ...forwardingOperations(record),
    tableOperation(record),
    // From here on it is one.
    operation('rename', { from: place, to: networkDirectory(record.name) }),
    operation('unlink', { path: join(networkDirectory(record.name), 'unfinished') }),
    ...keepOperations(record),
  ];
}

/** Written down where it outlives the machine's start; the default network does not. */
export const keepOperations = (record: NetworkRecord): Operation[] =>
  record.default
    ? []
    : [
        operation('mkdir', { path: keptDirectory(), mode: 0o700, parents: 1 }),
        operation('write', {
          path: keptPath(record.name),
          flags: 0o1100 /* O_CREAT | O_TRUNC */,
          mode: 0o600,
          data: recordText(record),
        }),
      ];

/** On record again as one that is there: after the machine's start. */
export const wakeOperations = (record: NetworkRecord): Operation[] => [
  ...placeOperations(),
  operation('mkdir', { path: leasesDirectory(record.name), mode: 0o700, parents: 1 }),
  operation('write', {
    path: recordPath(record.name),
    flags: 0o1100 /* O_CREAT | O_TRUNC */,
    mode: 0o600,
    data: recordText(record),
  }),
];

/** What undoes a network that did not become whole, and leaves alone one that did. */
export function unfinishedOperations(record: NetworkRecord, names: LaunchNames): Operation[] {
  const place = stage(names);
  const undone = [
    ...unmakeOperations(record),
    operation('removeTree', { path: place }, { ...undo, tolerate: 'ENOENT' }),
  ];
  return [
    operation('guard', { path: join(place, 'unfinished'), holder: names.nonce, skip: undone.length }, undo),
    ...undone,
  ];
}

const holder = ({ id, nonce }: LaunchNames): string => `${id} ${nonce}`;

/** This program is a user of the default network: what makes it one, and what ends that. */
export const holdOperation = (record: NetworkRecord, names: LaunchNames): Operation =>
  operation('hold', { path: holdPath(record, names), holder: holder(names) });

export function letGoOperations(record: NetworkRecord, slots: SlotTable, names: LaunchNames): Operation[] {
  const path = holdPath(record, names);
  return [
    operation('guard', { path, holder: holder(names), skip: 1 }, undo),
    operation('unlink', { path }, { ...undo, tolerate: 'ENOENT' }),
    ...leaveOperations(record, slots.reserve('lock')),
  ];
}
