/** Published ports: who holds which, and the elements of the firewall's maps by which they lead to a container. */
import { createError } from '../errors.ts';
import type { NormalizedInterface, NormalizedPort } from '../options/normalized.ts';
import type { Actor } from '../program/contract.ts';
import type { LaunchNames } from '../program/names.ts';
import { type Operation, operation } from '../program/operation.ts';
import { parseAddress } from './address.ts';
import { asText, FIRST_PORT } from './given.ts';
import type { Interface } from './interfaces.ts';
import { addElements, deleteElements, type Element, nftOperation } from './nft.ts';
import { portPath } from './paths.ts';

const PROTOCOL_NUMBERS = { tcp: 6, udp: 17 } as const;
/** Every address of its family. */
const WILDCARDS: Readonly<Record<string, 4 | 6>> = { '0.0.0.0': 4, '::': 6 };
/** What a port is on record as when it is on every address of both families. */
export const EVERY = '*';

/** One port, compiled. */
interface Held {
  elements: Element[];
  /** The file that says who has it. */
  path: string;
  /** And what it says: see `parseHeld()`. */
  holder: string;
  port: string;
  protocol: 'tcp' | 'udp';
  /** Addresses of the host on which nobody may listen. */
  checks: string[];
}

function heldPort(option: NormalizedPort, target: Interface, port: string, names: LaunchNames): Held {
  const { address, protocol, container } = option;
  const family = address === undefined ? undefined : (WILDCARDS[address] ?? (address.includes(':') ? 6 : 4));
  const targets = target.addresses.filter((each) => family === undefined || each.family === family);
  const on = address === undefined || WILDCARDS[address] ? undefined : address;
  return {
    elements: targets.map(({ family, text }) => ({
      network: target.bridge,
      protocol,
      port,
      address: on,
      target: text,
      targetPort: String(container),
      family,
    })),
    path: portPath(protocol, port, address ?? EVERY),
    holder: [names.id, names.nonce, target.bridge, container, ...targets.map(({ text }) => text)].join(' '),
    port,
    protocol,
    checks: targets.map(({ family }) =>
      asText(parseAddress(address ?? (family === 4 ? '0.0.0.0' : '::')) as Uint8Array),
    ),
  };
}

/** What a port's file says, by its name and its text. */
export function parseHeld(name: string, text: string): { holder: string; elements: Element[] } | undefined {
  const [, protocol = '', port = '', on = ''] = /^(tcp|udp)-(\d+)-(.+)$/.exec(name) ?? [];
  const [holder = '', , network = '', targetPort = '', ...targets] = text.split(' ');
  if (protocol === '' || network === '') return undefined;
  const address = on === EVERY || WILDCARDS[on] ? undefined : on;
  const elements = targets.map(
    (target): Element => ({
      network,
      protocol,
      port,
      address,
      target,
      targetPort,
      family: target.includes(':') ? 6 : 4,
    }),
  );
  return { holder, elements };
}

function heldPorts(
  options: readonly NormalizedInterface[],
  interfaces: readonly Interface[],
  names: LaunchNames,
): Held[] {
  let chosen = FIRST_PORT;
  return options.flatMap(({ publish }, index) => {
    const target = interfaces[index] as Interface;
    if (publish.length > 0 && (target.network === undefined || target.network.internal))
      throw createError('ERR_INVALID_OPTION_VALUE', {
        option: 'publish',
        problem: 'needs an interface in a network that leads outside',
        actual: target.network
          ? `the internal network '${target.bridge}'`
          : `the bridge '${target.bridge}', which is no network`,
        hint: "createNetwork() makes one, and network: 'bridge' is one",
      });
    return publish.map((option) => {
      const port = option.host === 0 ? (names.given?.[chosen++] ?? '0') : String(option.host);
      return heldPort(option, target, port, names);
    });
  });
}

export interface PublishOperations {
  /** Before anything else: the ports are ours, and nobody listens on them. */
  reserve: Operation[];
  /** They lead to the container. Takes the program nft some 30 ms, so it goes beside the rest of the launch. */
  open: Operation[];
  undo: Operation[];
}

/** @param actor who has the host's privileges and network. @throws {RangeError} for an interface that cannot publish */
export function publishOperations(
  options: readonly NormalizedInterface[],
  interfaces: readonly Interface[],
  names: LaunchNames,
  actor: Actor,
): PublishOperations {
  const ports = heldPorts(options, interfaces, names);
  const last = ports.at(-1);
  if (!last) return { reserve: [], open: [], undo: [] };
  const host = { actor } as const;
  const undo = { actor: 'undo' } as const;
  const elements = ports.flatMap((each) => each.elements);
  const networks = [...new Set(elements.map(({ network }) => network))];
  return {
    reserve: ports.flatMap(({ path, holder, checks, port, protocol }) => [
      operation('hold', { path, holder }, host),
      ...checks.map((address) => operation('portCheck', { address, port, protocol: PROTOCOL_NUMBERS[protocol] }, host)),
    ]),
    open: [
      // Else 127.0.0.1 leads nowhere but to the host; the table's chain `guard` keeps others from it.
      ...networks.map((network) =>
        operation('write', { path: `/proc/sys/net/ipv4/conf/${network}/route_localnet`, data: '1' }, host),
      ),
      nftOperation(addElements(elements), actor),
    ],
    undo: [
      // Whoever holds the last port holds them all; before, no element can be there, and one there is another's.
      operation('guard', { path: last.path, holder: last.holder, skip: 1 }, undo),
      nftOperation(deleteElements(elements), 'undo', ['ENOENT']),
      ...ports.flatMap(({ path, holder }) => [
        operation('guard', { path, holder, skip: 1 }, undo),
        operation('unlink', { path }, { actor: 'undo', tolerate: 'ENOENT' }),
      ]),
    ],
  };
}
