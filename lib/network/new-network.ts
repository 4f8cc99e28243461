/** From what `createNetwork()` is given to a network's record: its subnets, which nobody else may have. */
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { createError } from '../errors.ts';
import { invalidValue } from '../options/check.ts';
import { DEFAULTS } from '../options/defaults.ts';
import type { NormalizedNetwork } from '../options/networks.ts';
import { type HostRoute, hostRoutes } from './host-routes.ts';
import { checkOverlay, newOverlay, tunnelMTU } from './overlay.ts';
import { type NetworkRecord, readRecord, readRecords } from './record.ts';
import { Subnet } from './subnet.ts';

/** As many containers as a bridge has ports for (1023), from the middle of 10/8, which few others use. */
const CANDIDATES = { base: '10.88.0.0/13', length: 22 } as const;

/** Links of this network namespace, by proc(5): sysfs may be of another one. */
export function hostLinks(): Set<string> {
  const lines = readFileSync('/proc/net/dev', 'utf8').split('\n').slice(2);
  return new Set(lines.map((line) => line.trim().split(':')[0] ?? ''));
}

/** What a subnet overlaps, for people, or undefined. */
function overlapOf(
  subnet: Subnet,
  networks: readonly NetworkRecord[],
  routes: readonly HostRoute[],
): string | undefined {
  const network = networks.find((each) =>
    [each.subnet, each.subnet6].some((text) => text !== undefined && (Subnet.parse(text) as Subnet).overlaps(subnet)),
  );
  if (network) return `${network.subnet} of network '${network.name}'`;
  const route = routes.find((each) => each.subnet.overlaps(subnet));
  return route && `the host's route to ${route.subnet} through ${route.link}`;
}

function freeSubnet(networks: readonly NetworkRecord[]): Subnet {
  const all = Subnet.parse(CANDIDATES.base) as Subnet;
  const size = 1n << BigInt(32 - CANDIDATES.length);
  const routes = hostRoutes(4);
  for (let offset = 0n; offset < all.size; offset += size) {
    const candidate = Subnet.parse(`${all.at(offset)}/${CANDIDATES.length}`) as Subnet;
    if (overlapOf(candidate, networks, routes) === undefined) return candidate;
  }
  throw createError('ERR_SUBNET_OVERLAP', {
    subnet: CANDIDATES.base,
    other: 'routes and networks everywhere',
    hint: 'give a subnet that is free',
  });
}

/** RFC 4193: forty random bits, so that no two networks meet. */
const randomSubnet6 = (): Subnet =>
  Subnet.parse(
    `fd${randomBytes(5)
      .toString('hex')
      .replace(/^(..)(....)(....)$/, '$1:$2:$3')}::/64`,
  ) as Subnet;

/** The subnet that COFFERDAM_SUBNET says for the default network. @throws {RangeError} when it is none */
function environmentSubnet(): string | undefined {
  const text = process.env.COFFERDAM_SUBNET;
  if (!text) return undefined;
  const subnet = Subnet.parse(text);
  if (subnet?.family !== 4 || subnet.length < 8 || subnet.length > 30)
    throw invalidValue(
      'COFFERDAM_SUBNET',
      "must be an IPv4 subnet with a prefix of 8 to 30 bits, such as '10.4.0.0/24'",
      text,
    );
  return subnet.toString();
}

/** The default network, as it would be asked for. */
export const defaultNetwork = (): NormalizedNetwork => ({
  name: DEFAULTS.network,
  subnet: environmentSubnet(),
  gateway: undefined,
  internal: false,
  mtu: undefined,
  ipv6: false,
  overlay: undefined,
});

function checkSubnet(text: string, networks: readonly NetworkRecord[]): Subnet {
  const subnet = Subnet.parse(text) as Subnet;
  const other = overlapOf(subnet, networks, hostRoutes(subnet.family));
  if (other === undefined) return subnet;
  const hint = subnet.family === 4 ? `${freeSubnet(networks)} is free` : 'choose another one';
  throw createError('ERR_SUBNET_OVERLAP', { subnet: subnet.toString(), other, hint });
}

/** Neither the network's own address nor the one for all (RFC 919). */
function checkGateway(gateway: string, subnet: Subnet): void {
  const offset = subnet.offsetOf(gateway);
  if (offset === 0n || offset === subnet.size - 1n)
    throw invalidValue(
      'gateway',
      `must not be the first or last address of subnet, ${subnet}`,
      gateway,
      'they mean the network itself, and all of it',
    );
}

function checkName(name: string): void {
  const reason = readRecord(name)
    ? 'there is one of that name'
    : hostLinks().has(name)
      ? 'the host has a link of that name, which is not of a network on record here'
      : undefined;
  if (reason !== undefined) throw createError('ERR_NETWORK_EXISTS', { name, reason });
}

/**
 * The record of a network that can be made. To be asked under the lock.
 * @throws {CofferdamError} ERR_NETWORK_EXISTS, ERR_SUBNET_OVERLAP
 */
export function newNetwork(asked: NormalizedNetwork): NetworkRecord {
  const { name, internal, mtu, ipv6 } = asked;
  checkName(name);
  checkOverlay(asked);
  const networks = readRecords();
  const subnet = asked.subnet === undefined ? freeSubnet(networks) : checkSubnet(asked.subnet, networks);
  if (asked.gateway !== undefined) checkGateway(asked.gateway, subnet);
  const subnet6 = ipv6 === false ? undefined : ipv6 === true ? randomSubnet6() : checkSubnet(ipv6, networks);
  if (subnet6 && !existsSync('/proc/sys/net/ipv6'))
    throw createError('ERR_UNSUPPORTED', {
      feature: 'IPv6',
      reason: 'this kernel is without it',
      hint: 'leave ipv6 out, or boot without ipv6.disable=1',
    });
  const overlay = newOverlay(asked, subnet);
  const effective = mtu ?? (overlay && tunnelMTU(overlay.local));
  const mac = randomBytes(6);
  // Locally administered, and no multicast.
  mac[0] = ((mac[0] as number) & 0xfc) | 2;
  return {
    version: 1,
    name,
    subnet: subnet.toString(),
    gateway: asked.gateway ?? subnet.at(overlay?.first ?? 1),
    ...(subnet6 && { subnet6: subnet6.toString(), gateway6: subnet6.at(overlay?.first ?? 1) }),
    internal,
    ...(effective !== undefined && { mtu: effective }),
    ...(overlay && { overlay }),
    mac: mac.toString('hex'),
    default: name === DEFAULTS.network,
    created: new Date().toISOString(),
  };
}
