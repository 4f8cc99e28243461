/** What is known of a network: one file each, which appears whole, and does not change. */
import { readdirSync, readFileSync } from 'node:fs';
import { hostFile, hostHas } from '../host-files.ts';
import { networksDirectory, recordPath, STAGED } from './paths.ts';

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

/** The network of that name, or undefined. */
export function readRecord(name: string): NetworkRecord | undefined {
  try {
    return parse(readFileSync(recordPath(name), 'utf8'));
  } catch {
    return undefined;
  }
}

/** As `readRecord()`, for a program that is to serve further launches: it is asked again for each. */
export const networkOf = (name: string): NetworkRecord | undefined =>
  hostHas(recordPath(name)) ? parse(hostFile(recordPath(name))) : undefined;

/** All networks, by name. */
export function readRecords(): NetworkRecord[] {
  let names: string[];
  try {
    names = readdirSync(networksDirectory()).sort();
  } catch {
    return [];
  }
  return names
    .filter((name) => !name.startsWith(STAGED))
    .map(readRecord)
    .filter((record) => record !== undefined);
}
