/** What an interface's options come to once its network is known: addresses, routes, MTU, MAC. */
import { isIP } from 'node:net';
import { createError } from '../errors.ts';
import { needsPrefix, parsePrefix } from '../options/network.ts';
import type { NormalizedInterface, NormalizedLink, NormalizedShape } from '../options/normalized.ts';
import type { LaunchNames } from '../program/names.ts';
import { parseAddress, parseCidr } from './address.ts';
import { asText, GIVEN_EACH } from './given.ts';
import { tunnelMTU } from './overlay.ts';
import { type NetworkRecord, networkOf } from './record.ts';
import { Subnet } from './subnet.ts';

export interface InterfaceAddress {
  /** One character a byte; for a leased one, a mark. */
  bytes: string;
  /** For people, and for nft. */
  text: string;
  prefix: number;
  family: 4 | 6;
}

export interface InterfaceRoute {
  /** Without: the default route. */
  destination?: { bytes: string; prefix: number } | undefined;
  gateway?: string | undefined;
}

/** An interface as the kernel is to have it. */
export interface Interface {
  /** Name in the container. */
  name: string;
  /** Of its other end; undefined: one of the launch's own. */
  host: string | undefined;
  /** Of the host's bridge, or ''. */
  bridge: string;
  network: NetworkRecord | undefined;
  addresses: InterfaceAddress[];
  routes: InterfaceRoute[];
  mtu: number;
  /** Six bytes as text, or ''. */
  mac: string;
  link: NormalizedLink;
  shape: NormalizedShape | undefined;
  aliases: readonly string[];
  /** It has ports of the host. */
  publishes: boolean;
}

const bytesOf = (text: string): string => asText(parseAddress(text) as Uint8Array);

/** Locally administered, and made of the address: whoever gets that next is at the same MAC, so no neighbour's cache is stale. */
const MAC_PREFIX = '\x02\xcf';

const outside = (option: NormalizedInterface, network: NetworkRecord): Error =>
  createError('ERR_INVALID_OPTION_VALUE', {
    option: 'network.address',
    problem: `must be an address of network '${network.name}' that can be given, in ${network.subnet}`,
    actual: JSON.stringify(option.address),
    hint: 'leave it out to have one leased',
  });

/** The place of a static address in its network. @throws {RangeError} when it has none */
export function staticOffset(option: NormalizedInterface, network: NetworkRecord): bigint {
  const [address = ''] = (option.address as string).split('/');
  const subnet = Subnet.parse(network.subnet) as Subnet;
  const offset = subnet.offsetOf(address);
  if (offset === undefined || offset === 0n || offset === subnet.size - 1n || address === network.gateway)
    throw outside(option, network);
  // Another host of an overlay may have leased it.
  const { first = 0, last = Number.POSITIVE_INFINITY } = network.overlay ?? {};
  if (offset < first || offset > last) throw outside(option, network);
  return offset;
}

function addressesIn(option: NormalizedInterface, network: NetworkRecord, index: number, names: LaunchNames) {
  const subnet = Subnet.parse(network.subnet) as Subnet;
  const subnet6 = network.subnet6 === undefined ? undefined : (Subnet.parse(network.subnet6) as Subnet);
  const given = (at: number): string => names.given?.[index * GIVEN_EACH + at] ?? 'leased';
  if (option.address === undefined) {
    const addresses: InterfaceAddress[] = [{ bytes: given(0), text: given(1), prefix: subnet.length, family: 4 }];
    if (subnet6) addresses.push({ bytes: given(2), text: given(3), prefix: subnet6.length, family: 6 });
    return addresses;
  }
  const offset = staticOffset(option, network);
  return [subnet, ...(subnet6 ? [subnet6] : [])].map(
    (each): InterfaceAddress => ({
      bytes: asText(each.bytesAt(offset)),
      text: each.at(offset),
      prefix: each.length,
      family: each.family,
    }),
  );
}

function addressOf(cidr: string): InterfaceAddress {
  const { bytes, prefix } = parseCidr(cidr) as { bytes: Uint8Array; prefix: number };
  return { bytes: asText(bytes), text: cidr.split('/')[0] as string, prefix, family: bytes.length === 4 ? 4 : 6 };
}

/** Of an interface that no network knows. */
function ownAddresses({ address }: NormalizedInterface): InterfaceAddress[] {
  if (address === undefined) return [];
  if (!parsePrefix(address)) throw needsPrefix('network.address', address);
  return [addressOf(address)];
}

function routesOf(option: NormalizedInterface, gateways: readonly string[]): InterfaceRoute[] {
  const own = option.routes.map(({ destination, gateway }): InterfaceRoute => {
    const { bytes, prefix } = parseCidr(destination) as { bytes: Uint8Array; prefix: number };
    return {
      destination: { bytes: asText(bytes), prefix },
      gateway: gateway === undefined ? undefined : bytesOf(gateway),
    };
  });
  return [...gateways.map((gateway) => ({ gateway: bytesOf(gateway) })), ...own];
}

/** What fits into a tunnel; 0: the kernel's choice. */
const ownMTU = (link: NormalizedLink): number => (link.type === 'vxlan' ? (tunnelMTU(link.local) ?? 0) : 0);

/** The interfaces of a container. What the host says of their networks is noted (host-files.ts). */
export function resolveInterfaces(options: readonly NormalizedInterface[], names: LaunchNames): Interface[] {
  // Whoever says a gateway wants no other; else the first network that leads outside has it.
  let hasDefault = options.some(({ gateway }) => gateway !== undefined);
  return options.map((option, index) => {
    const network = option.bridge === undefined ? undefined : networkOf(option.bridge);
    const addresses = network ? addressesIn(option, network, index, names) : ownAddresses(option);
    const gateways = option.gateway === undefined ? [] : [option.gateway];
    if (network && option.gateway !== undefined && network.gateway6 !== undefined && isIP(option.gateway) === 4)
      gateways.push(network.gateway6);
    if (network && !network.internal && !hasDefault) {
      hasDefault = true;
      gateways.push(network.gateway, ...(network.gateway6 === undefined ? [] : [network.gateway6]));
    }
    return {
      name: option.interface,
      host: option.hostInterface,
      bridge: option.bridge ?? '',
      network,
      addresses: [...addresses, ...option.addresses.map(addressOf)],
      routes: routesOf(option, gateways),
      publishes: option.publish.length > 0,
      mtu: option.mtu ?? network?.mtu ?? ownMTU(option.link),
      mac: option.mac ?? (network ? MAC_PREFIX + (addresses[0] as InterfaceAddress).bytes : ''),
      link: option.link,
      shape: option.shape,
      aliases: option.aliases,
    };
  });
}
