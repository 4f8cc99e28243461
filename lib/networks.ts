/** `createNetwork()` and its kin: bridges with an address pool and a way out, which containers join by name. */
import { readlinkSync } from 'node:fs';
import { createError } from './errors.ts';
import { underLock } from './launch/helper.ts';
import { openLauncher } from './launch/launcher.ts';
import { native } from './native.ts';
import { bridgeOperations, tableOperation, unmakeOperations } from './network/bridge.ts';
import { readyResponders } from './network/dns/start.ts';
import { networkFailure } from './network/failure.ts';
import {
  forwardingOperations,
  holdOperation,
  keepOperations,
  letGoOperations,
  makeOperations,
  placeOperations,
  unfinishedOperations,
  wakeOperations,
} from './network/make.ts';
import { defaultNetwork, hostLinks, newNetwork } from './network/new-network.ts';
import type { Element } from './network/nft.ts';
import { overlayLink, overlayOperations } from './network/overlay.ts';
import { keptPath, leasesDirectory, lockPath, networkDirectory, portsDirectory } from './network/paths.ts';
import { readLeases } from './network/pool.ts';
import { parseHeld } from './network/publish.ts';
import { type NetworkRecord, type OverlayRecord, readRecord, readRecords, restingRecord } from './network/record.ts';
import { DEFAULTS } from './options/defaults.ts';
import { type NormalizedNetwork, networkName, normalizeNetworkOptions } from './options/networks.ts';
import type { NormalizedInterface } from './options/normalized.ts';
import type { CreateNetworkOptions } from './options/types.ts';
import { encode } from './program/encode.ts';
import { type LaunchNames, randomName } from './program/names.ts';
import { type Operation, operation } from './program/operation.ts';
import { SlotTable } from './program/slots.ts';
import { stateDirectory } from './state/directory.ts';
import { namesIn } from './state/files.ts';

/** Who has an address of a network. */
export interface NetworkUser {
  /** The container's id. */
  container: string;
  address: string;
}

/** A published port of a network. */
export interface NetworkPort {
  container: string;
  protocol: 'tcp' | 'udp';
  host: number;
  /** Of the host; undefined: all. */
  address: string | undefined;
  /** Where it leads to. */
  target: string;
}

export interface NetworkInfo {
  name: string;
  subnet: string;
  gateway: string;
  subnet6: string | undefined;
  gateway6: string | undefined;
  internal: boolean;
  /** Bytes; undefined: the kernel's. */
  mtu: number | undefined;
  created: Date;
  /** It goes with its last user. */
  default: boolean;
  /** How it crosses hosts, and this host's part of it; undefined: it does not. */
  overlay: OverlayRecord | undefined;
  /** Its bridge is there; if not, `reconcile()` makes it again. */
  up: boolean;
  users: NetworkUser[];
  ports: NetworkPort[];
}

/** A network as it was made; nothing of it changes but who is in it. */
export class Network {
  /** Also its bridge's. */
  readonly name: string;
  readonly subnet: string;
  /** The bridge's address: where its containers' way out begins. */
  readonly gateway: string;
  readonly subnet6: string | undefined;
  readonly gateway6: string | undefined;
  readonly internal: boolean;
  readonly mtu: number | undefined;
  readonly #record: NetworkRecord;

  /** Use `createNetwork()` or `openNetwork()`. */
  constructor(record: NetworkRecord) {
    this.#record = record;
    this.name = record.name;
    this.subnet = record.subnet;
    this.gateway = record.gateway;
    this.subnet6 = record.subnet6;
    this.gateway6 = record.gateway6;
    this.internal = record.internal;
    this.mtu = record.mtu;
  }

  /** All about it now, with who uses it. @throws ERR_NETWORK_UNKNOWN when it was removed */
  async inspect(): Promise<NetworkInfo> {
    const { name } = this;
    const record = current(name);
    return {
      name,
      subnet: record.subnet,
      gateway: record.gateway,
      subnet6: record.subnet6,
      gateway6: record.gateway6,
      internal: record.internal,
      mtu: record.mtu,
      created: new Date(record.created),
      default: record.default,
      overlay: record.overlay,
      up: hostLinks().has(name),
      users: readLeases(name).map(({ address, holder }) => ({ container: holder, address })),
      ports: heldPorts(name).map(({ holder, elements: [element] }) => ({
        container: holder,
        protocol: element.protocol as 'tcp' | 'udp',
        host: Number(element.port),
        address: element.address,
        target: `${element.family === 6 ? `[${element.target}]` : element.target}:${element.targetPort}`,
      })),
    };
  }

  /**
   * Remove it: bridge, firewall table and record.
   * @throws ERR_NETWORK_IN_USE while containers are in it; ERR_NETWORK_UNKNOWN when it is not there
   */
  async remove(): Promise<void> {
    const { name } = this;
    await underLock(
      lockPath(),
      () => {
        const record = current(name);
        const users = readLeases(name).map(({ holder }) => `'${holder}'`);
        if (users.length > 0) throw createError('ERR_NETWORK_IN_USE', { name, users: inUse(users) });
        const unmake = [
          operation('unlink', { path: keptPath(name) }, { tolerate: 'ENOENT' }),
          ...unmakeOperations(record).map((each) => ({ ...each, actor: 'child' as const })),
          operation('removeTree', { path: networkDirectory(name) }, { tolerate: 'ENOENT' }),
        ];
        // Whoever was quicker makes it fail, and nothing is lost.
        return [operation('removeDirectory', { path: leasesDirectory(name), skip: unmake.length }), ...unmake];
      },
      networkFailure,
    );
    if (readRecord(name)?.created === this.#record.created)
      throw createError('ERR_NETWORK_IN_USE', { name, users: 'a container that joins it now' });
  }

  /**
   * Put back what somebody took away: the bridge, its addresses, the firewall's table with all published ports. What is
   * there stays as it is, and connections go on. Containers whose links went with the bridge must be started again. After
   * the machine's start this makes the network anew; its first container does the same.
   */
  async reconcile(): Promise<void> {
    stateDirectory();
    await underLock(
      lockPath(),
      (slots) => {
        const record = current(this.name);
        const socket = slots.reserve('netlink');
        const elements = heldPorts(this.name).flatMap((each) => each.elements);
        return [
          operation('netlinkOpen', { into: socket }),
          ...(hostLinks().has(record.name) ? missingOverlay(record, socket) : bridgeOperations(record, socket)),
          ...forwardingOperations(record),
          tableOperation(record, elements),
          ...(elements.length > 0 ? [localRoutes(record.name)] : []),
          // Last: whoever finds it on record finds it whole.
          ...(restingRecord(record.name) ? wakeOperations(record) : keepOperations(record)),
        ];
      },
      networkFailure,
    );
  }
}

/** The tunnel of a bridge that is there. */
const missingOverlay = (record: NetworkRecord, socket: number): Operation[] =>
  hostLinks().has(overlayLink(record)) ? [] : overlayOperations(record, socket);

const localRoutes = (name: string): Operation =>
  operation('write', { path: `/proc/sys/net/ipv4/conf/${name}/route_localnet`, data: '1' });

const MOST_NAMED = 5;
const inUse = (users: readonly string[]): string => {
  const named = users.slice(0, MOST_NAMED).join(', ');
  return users.length > MOST_NAMED ? `${named} and ${users.length - MOST_NAMED} more` : named;
};

function current(name: string): NetworkRecord {
  const record = readRecord(name);
  if (!record) throw createError('ERR_NETWORK_UNKNOWN', { name });
  return record;
}

/** Published ports of a network that somebody has. */
function heldPorts(network: string): { holder: string; elements: [Element, ...Element[]] }[] {
  return namesIn(portsDirectory()).flatMap((name) => {
    try {
      const held = parseHeld(name, readlinkSync(`${portsDirectory()}/${name}`));
      const [first, ...others] = held?.elements.filter((each) => each.network === network) ?? [];
      return held && first ? [{ holder: held.holder, elements: [first, ...others] }] : [];
    } catch {
      return [];
    }
  });
}

/** Names of what this program makes itself. */
const ownNames = (): LaunchNames => ({ id: `${process.pid}`, nonce: randomName() });

/** What was put on record for a network that is being made. */
interface Made {
  record: NetworkRecord;
  armed: number;
}

/** Make a network, or leave nothing. @param finish what else is to be undone, once it is there */
async function make(
  asked: () => NormalizedNetwork,
  existing: () => NetworkRecord | undefined,
  hold: boolean,
): Promise<Made> {
  stateDirectory();
  openLauncher();
  const names = ownNames();
  let made: Made | undefined;
  try {
    await underLock(
      lockPath(),
      (slots) => {
        const found = existing();
        const record = found ?? newNetwork(asked());
        const undoSlots = new SlotTable(0);
        const undo = [
          ...(found ? [] : unfinishedOperations(record, names)),
          ...(hold ? letGoOperations(record, undoSlots, names) : []),
        ];
        made = { record, armed: native().arm(encode(undo, { slots: undoSlots })) };
        return found ? [...placeOperations(), holdOperation(record, names)] : makeOperations(record, slots, names);
      },
      networkFailure,
    );
    return made as unknown as Made;
  } catch (error) {
    if (made) await native().release((made as Made).armed);
    throw error;
  }
}

/**
 * Make a network: a bridge, a pool of addresses, and, unless it is internal, a way out. It stays until `remove()`.
 * @throws {TypeError|RangeError} an option that cannot be
 * @throws {CofferdamError} ERR_NETWORK_EXISTS, ERR_SUBNET_OVERLAP, ERR_NFT_MISSING, ERR_FIREWALL
 */
export async function createNetwork(options: CreateNetworkOptions): Promise<Network> {
  const asked = normalizeNetworkOptions(options);
  const { record, armed } = await make(
    () => asked,
    () => undefined,
    false,
  );
  // It is whole: what would undo it finds nothing to do.
  await native().release(armed);
  return new Network(record);
}

/** All networks, by name. */
export async function listNetworks(): Promise<Network[]> {
  return readRecords().map((record) => new Network(record));
}

/** @throws ERR_NETWORK_UNKNOWN */
export async function openNetwork(name: string): Promise<Network> {
  return new Network(current(networkName(name, 'name')));
}

/** What this program has of the default network while it uses it. */
let held: { armed: number; users: number; timer: NodeJS.Timeout | undefined } | undefined;
let holding: Promise<void> | undefined;

/** Containers that run one after the other need not each make it anew: it takes some 60 ms. */
const LINGER = 1000;

const usesDefault = (interfaces: readonly NormalizedInterface[]): boolean =>
  interfaces.some(({ bridge }) => bridge === DEFAULTS.network);

async function hold(): Promise<void> {
  // Made by somebody else meanwhile, or half gone: either way this is asked under the lock.
  const existing = () => (hostLinks().has(DEFAULTS.network) ? readRecord(DEFAULTS.network) : undefined);
  const { armed } = await make(defaultNetwork, existing, true);
  held = { armed, users: 0, timer: undefined };
}

/**
 * Before a launch with these interfaces: the default network is there, and stays until `leaveDefaultNetwork()`. Undefined
 * when nothing has to be waited for.
 */
export function readyNetworks(interfaces: readonly NormalizedInterface[]): Promise<void> | undefined {
  const waking = wakeNetworks(interfaces);
  const ready = readyDefault(interfaces);
  if (!waking && !ready) return readyResponders(interfaces);
  return Promise.all([waking, ready]).then(() => readyResponders(interfaces));
}

/** Networks that were made before the machine's start, and not used since. */
function wakeNetworks(interfaces: readonly NormalizedInterface[]): Promise<unknown> | undefined {
  const resting = interfaces.flatMap(({ bridge }) => {
    const record = bridge === undefined ? undefined : restingRecord(bridge);
    return record ? [new Network(record)] : [];
  });
  return resting.length === 0 ? undefined : Promise.all(resting.map((network) => network.reconcile()));
}

function readyDefault(interfaces: readonly NormalizedInterface[]): Promise<void> | undefined {
  if (!usesDefault(interfaces)) return undefined;
  if (held) {
    join();
    return undefined;
  }
  holding ??= hold().finally(() => {
    holding = undefined;
  });
  return holding.then(join);
}

function join(): void {
  if (!held) return;
  held.users++;
  clearTimeout(held.timer);
}

/** A launch that was made ready is over. */
export function leaveDefaultNetwork(interfaces: readonly NormalizedInterface[]): void {
  if (!held || !usesDefault(interfaces)) return;
  held.users--;
  if (held.users > 0) return;
  held.timer = setTimeout(() => {
    if (!held || held.users > 0) return;
    const { armed } = held;
    held = undefined;
    void native().release(armed);
  }, LINGER);
  held.timer.unref();
}
