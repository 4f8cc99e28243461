/**
 * What is known of a network: one file each, which appears whole, and does not change. A network that was made by name is
 * kept in a second place as well, where it outlives the machine's start; `reconcile()` makes it anew from there.
 */
import { existsSync, readFileSync } from 'node:fs';
import { hostFile, hostHas } from '../host-files.ts';
import { namesIn } from '../state/files.ts';
import { keptDirectory, keptPath, networksDirectory, recordPath, STAGED } from './paths.ts';

/** A network that crosses hosts, see overlay.ts. */
export interface OverlayRecord {
  vni: number;
  /** This host's address. */
  local: string;
  /** The other hosts' addresses. */
  peers: readonly string[];
  /** UDP port. */
  port: number;
  /** This host's part of the subnet, as places in it; the first is the bridge's. */
  first: number;
  last: number;
}

export interface NetworkRecord {
  version: 1;
  /** Also its bridge's. */
  name: string;
  /** '10.4.0.0/24'. */
  subnet: string;
  /** The bridge's address. */
  gateway: string;
  subnet6?: string;
  gateway6?: string;
  internal: boolean;
  /** Bytes; without it the kernel's. */
  mtu?: number;
  /** The bridge's MAC, 12 hexadecimal digits: by it the link is known to be ours. */
  mac: string;
  overlay?: OverlayRecord;
  /** Goes with its last user. */
  default: boolean;
  /** ISO 8601. */
  created: string;
}

function parse(text: string): NetworkRecord | undefined {
  try {
    const record = JSON.parse(text) as NetworkRecord;
    return record.version === 1 ? record : undefined;
  } catch {
    return undefined;
  }
}

function readAt(path: string): NetworkRecord | undefined {
  try {
    return parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

/** The network of that name, or undefined. */
export const readRecord = (name: string): NetworkRecord | undefined =>
  readAt(recordPath(name)) ?? readAt(keptPath(name));

/** The network of that name if it was made before the machine's start, and not since. */
export const restingRecord = (name: string): NetworkRecord | undefined =>
  existsSync(recordPath(name)) ? undefined : readAt(keptPath(name));

/** As it is written down. */
export const recordText = (record: NetworkRecord): string => `${JSON.stringify(record, undefined, 2)}\n`;

/** As `readRecord()`, for a program that is to serve further launches: it is asked again for each. */
export function networkOf(name: string): NetworkRecord | undefined {
  const path = [recordPath(name), keptPath(name)].find(hostHas);
  return path === undefined ? undefined : parse(hostFile(path));
}

/** All networks, by name. */
export function readRecords(): NetworkRecord[] {
  const kept = namesIn(keptDirectory()).map((name) => name.replace(/\.json$/, ''));
  const names = namesIn(networksDirectory()).filter((name) => !name.startsWith(STAGED));
  return [...new Set([...names, ...kept])]
    .sort()
    .map(readRecord)
    .filter((record) => record !== undefined);
}
