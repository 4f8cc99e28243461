/** What each launch is given by its networks: addresses and ports that are free, chosen just before it. */

import { type CofferdamError, createError } from '../errors.ts';
import { DEFAULTS } from '../options/defaults.ts';
import type { NormalizedInterface } from '../options/normalized.ts';
import { namesIn } from '../state/files.ts';
import { portTaken } from './failure.ts';
import { asText, FIRST_PORT, GIVEN_EACH, MOST_CHOSEN } from './given.ts';
import { staticOffset } from './interfaces.ts';
import { portsDirectory } from './paths.ts';
import { type Choice, chooseAddress } from './pool.ts';
import { EVERY } from './publish.ts';
import { type NetworkRecord, readRecord } from './record.ts';
import { Subnet } from './subnet.ts';

/** A port of the host, and where it leads. */
export interface PublishedPort {
  host: number;
  container: number;
  protocol: 'tcp' | 'udp';
  /** Of the host; undefined: all. */
  address: string | undefined;
}

/** The ports that interfaces publish, with those that were chosen for a launch. */
export function publishedPorts(
  interfaces: readonly NormalizedInterface[],
  given: readonly string[] | undefined,
): PublishedPort[] {
  let chosen = FIRST_PORT;
  return interfaces.flatMap(({ publish }) =>
    publish.map(({ host, container, protocol, address }) => ({
      host: host === 0 ? Number(given?.[chosen++] ?? 0) : host,
      container,
      protocol,
      address,
    })),
  );
}

/** What a launch was given. */
export interface Attachment {
  given: readonly string[];
  /** Whether a launch that failed so may go well with another choice. */
  mayDiffer(error: unknown): boolean;
  /** The launch has what it was given, or has failed. */
  done(): void;
}

/** Below it the kernel's own choice for connections begins on most machines; above it nothing is registered. */
const FIRST_CHOSEN = 49152;
const CHOSEN_TRIES = 256;

/** Ports on record, by protocol, port and address. */
const portsOnRecord = (): string[] => namesIn(portsDirectory());

/** Whether two addresses of the host can have a port each: not when one of them is every address. */
function meet(one: string, other: string): boolean {
  if (one === other || one === EVERY || other === EVERY) return true;
  const [v4, v6] = ['0.0.0.0', '::'];
  const families = [one, other].map((each) => (each.includes(':') ? 6 : 4));
  return families[0] === families[1] && [one, other].some((each) => each === v4 || each === v6);
}

/** The file on record that is in the way of a port. */
export function portInTheWay(protocol: string, port: number, address: string | undefined): string | undefined {
  const begin = `${protocol}-${port}-`;
  return portsOnRecord().find((name) => name.startsWith(begin) && meet(name.slice(begin.length), address ?? EVERY));
}

function choosePort(protocol: string, address: string | undefined, taken: ReadonlySet<number>): number {
  for (let tried = 0; tried < CHOSEN_TRIES; tried++) {
    const port = FIRST_CHOSEN + Math.floor(Math.random() * (65536 - FIRST_CHOSEN));
    if (!taken.has(port) && portInTheWay(protocol, port, address) === undefined) return port;
  }
  throw createError('ERR_PORT_IN_USE', {
    port: `${FIRST_CHOSEN} to 65535`,
    protocol,
    address: address ?? 'every address',
    holder: 'other containers',
  });
}

interface Given {
  given: string[];
  choices: Choice[];
}

/** The addresses of one interface. */
function giveAddress(option: NormalizedInterface, record: NetworkRecord, index: number, to: Given): void {
  const subnet = Subnet.parse(record.subnet) as Subnet;
  const subnet6 = record.subnet6 === undefined ? undefined : (Subnet.parse(record.subnet6) as Subnet);
  const choice = option.address === undefined ? chooseAddress(record) : undefined;
  const offset = choice?.offset ?? staticOffset(option, record);
  if (choice) to.choices.push(choice);
  [subnet, subnet6].forEach((each, place) => {
    if (!each) return;
    const bytes = each.bytesAt(offset);
    to.given[index * GIVEN_EACH + place * 2] = asText(bytes);
    to.given[index * GIVEN_EACH + place * 2 + 1] = each.at(offset);
  });
}

/**
 * Choose for a launch. Undefined when its networks give nothing.
 * @throws {CofferdamError} ERR_ADDRESS_POOL_EXHAUSTED, ERR_PORT_IN_USE
 */
export function attach(interfaces: readonly NormalizedInterface[]): Attachment | undefined {
  const to: Given = { given: [], choices: [] };
  const taken = new Set<number>();
  let chosenPorts = 0;
  const done = () => {
    for (const choice of to.choices) choice.done();
  };
  try {
    interfaces.forEach((option, index) => {
      const record = option.bridge === undefined ? undefined : readRecord(option.bridge);
      if (record) giveAddress(option, record, index, to);
      for (const { host, protocol, address } of option.publish) {
        const inTheWay = host === 0 ? undefined : portInTheWay(protocol, host, address);
        if (inTheWay !== undefined) throw portTaken(inTheWay);
        if (host === 0 && ++chosenPorts > MOST_CHOSEN) throw createError('ERR_PROGRAM', TOO_MANY);
        const port = host === 0 ? choosePort(protocol, address, taken) : host;
        if (host === 0) to.given[FIRST_PORT + chosenPorts - 1] = String(port);
        taken.add(port);
      }
    });
  } catch (error) {
    done();
    throw error;
  }
  if (to.given.length === 0) return undefined;
  return {
    given: Array.from(to.given, (each) => each ?? ''),
    mayDiffer: (error) => {
      const { code, details } = error as Partial<CofferdamError>;
      if (code === 'ERR_ADDRESS_IN_USE') return to.choices.some(({ address }) => address === details?.address);
      if (code === 'ERR_PORT_IN_USE') return to.given.slice(FIRST_PORT).includes(String(details?.port));
      // The default network went with its last user.
      return code === 'ERR_NETWORK_UNKNOWN' && details?.name === DEFAULTS.network;
    },
    done,
  };
}

const TOO_MANY = { problem: 'has too many ports to be chosen', hint: 'give their numbers' };
