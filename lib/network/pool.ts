/**
 * Which address a launch is to lease. This only chooses: the launch itself takes it, and fails when another program was
 * quicker, which is rare enough to try again then. The search goes on from the last one, so it does not grow with what is
 * leased, and an address that was given back is not soon another's.
 */
import { lstatSync, readlinkSync } from 'node:fs';
import { createError } from '../errors.ts';
import { namesIn } from '../state/files.ts';
import { leasePath, leasesDirectory } from './paths.ts';
import type { NetworkRecord } from './record.ts';
import { Subnet } from './subnet.ts';

interface Pool {
  subnet: Subnet;
  /** Where the search goes on, as a place in the subnet. */
  next: number;
  /** Chosen by launches that are under way. */
  chosen: Set<number>;
}

/** By the network's name and when it was made: one of the same name may come again. */
const pools = new Map<string, Pool>();

function poolOf(record: NetworkRecord): Pool {
  const key = `${record.name} ${record.created}`;
  const known = pools.get(key);
  if (known) return known;
  const made: Pool = {
    subnet: Subnet.parse(record.subnet) as Subnet,
    next: record.overlay?.first ?? 1,
    chosen: new Set(),
  };
  pools.set(key, made);
  return made;
}

const isLeased = (name: string, address: string): boolean =>
  lstatSync(leasePath(name, address), { throwIfNoEntry: false }) !== undefined;

export interface Choice {
  /** Places after the subnet's first address. */
  offset: number;
  address: string;
  /** The launch has it, or has failed. */
  done(): void;
}

/** A free address. @throws {CofferdamError} ERR_ADDRESS_POOL_EXHAUSTED */
export function chooseAddress(record: NetworkRecord): Choice {
  const pool = poolOf(record);
  const { subnet, chosen } = pool;
  // Neither the network's own address nor the one for all (RFC 919).
  const first = record.overlay?.first ?? 1;
  const last = record.overlay?.last ?? Number(subnet.size) - 2;
  const count = last - first + 1;
  for (let tried = 0; tried < count; tried++) {
    const offset = pool.next;
    pool.next = offset >= last ? first : offset + 1;
    if (chosen.has(offset)) continue;
    const address = subnet.at(offset);
    if (address === record.gateway || isLeased(record.name, address)) continue;
    chosen.add(offset);
    return { offset, address, done: () => chosen.delete(offset) };
  }
  throw createError('ERR_ADDRESS_POOL_EXHAUSTED', { name: record.name, subnet: record.subnet, count });
}

/** A lease of a network. */
export interface Lease {
  address: string;
  /** The container's id. */
  holder: string;
  /** What it is called in the network: host name, id, aliases. */
  names: readonly string[];
}

/** What the text of a lease says. */
export const holderOf = (text: string): string => text.split(' ')[0] ?? '';

/** What the text of a lease says: id, number of the launch, host name, aliases. */
const namesOf = (text: string): string[] => {
  const [id = '', , ...names] = text.split(' ');
  return [...new Set([...names.slice(0, 1), id, ...names.slice(1)])];
};

/** Who holds an address, or undefined. */
export function leaseHolder(name: string, address: string): string | undefined {
  try {
    return holderOf(readlinkSync(leasePath(name, address)));
  } catch {
    return undefined;
  }
}

/** Who is in a network, but for programs that only hold it. */
export function readLeases(name: string): Lease[] {
  return namesIn(leasesDirectory(name))
    .filter((address) => !address.startsWith(PROGRAM))
    .flatMap((address) => {
      try {
        const text = readlinkSync(leasePath(name, address));
        return [{ address, holder: holderOf(text), names: namesOf(text) }];
      } catch {
        // It was given back meanwhile.
        return [];
      }
    });
}

/** What a program that holds the default network has among its leases begins with: no address. */
export const PROGRAM = 'program-';
