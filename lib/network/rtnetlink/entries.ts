/** What a dump of links, addresses or routes says. */
import { formatAddress } from '../subnet.ts';
import { FAMILY, IFA, IFF, IFLA, INFO, RTA } from './constants.ts';
import { numberOf, readAttributes, textOf } from './read.ts';

/** A network interface. */
export interface LinkEntry {
  name: string;
  index: number;
  /** 'veth', 'bridge', 'vxlan', …; undefined for hardware and loopback. */
  kind: string | undefined;
  /** Set up, by somebody. */
  up: boolean;
  /** Able to carry something: up, and its other side as well. */
  running: boolean;
  /** Bytes. */
  mtu: number;
  /** Hardware address, '02:42:ac:11:00:02'; undefined where there is none. */
  mac: string | undefined;
  /** The bridge that it belongs to, by index. */
  master: number | undefined;
}

/** An address of an interface. */
export interface AddressEntry {
  /** Index of the interface. */
  index: number;
  family: 'ipv4' | 'ipv6';
  address: string;
  /** Prefix length, bits. */
  prefix: number;
  scope: 'global' | 'link' | 'host';
  /** IPv6: not to be used yet, since somebody else may have it. */
  tentative: boolean;
}

/** A route of the main table. */
export interface RouteEntry {
  family: 'ipv4' | 'ipv6';
  /** 'default', or an address with prefix length. */
  destination: string;
  gateway: string | undefined;
  /** Index of the interface. */
  index: number | undefined;
  /** The lowest wins. */
  metric: number;
}

const FAMILIES: Readonly<Record<number, 'ipv4' | 'ipv6'>> = { [FAMILY.inet]: 'ipv4', [FAMILY.inet6]: 'ipv6' };

export function linkEntry(body: Buffer): LinkEntry {
  const attributes = readAttributes(body, 16);
  const flags = body.readUInt32LE(8);
  const info = attributes.get(IFLA.LINKINFO);
  const mac = attributes.get(IFLA.ADDRESS);
  return {
    name: textOf(attributes.get(IFLA.IFNAME)) ?? '',
    index: body.readInt32LE(4),
    kind: info && textOf(readAttributes(info).get(INFO.KIND)),
    up: (flags & IFF.UP) !== 0,
    running: (flags & IFF.RUNNING) !== 0,
    mtu: numberOf(attributes.get(IFLA.MTU)) ?? 0,
    mac: mac?.length === 6 ? mac.toString('hex').replace(/..(?=.)/g, '$&:') : undefined,
    master: numberOf(attributes.get(IFLA.MASTER)),
  };
}

/** rtnetlink(7)'s RT_SCOPE_*. */
const scopeOf = (scope: number): AddressEntry['scope'] => (scope >= 254 ? 'host' : scope >= 253 ? 'link' : 'global');

/** Undefined for other families than IP. */
export function addressEntry(body: Buffer): AddressEntry | undefined {
  const family = FAMILIES[body.readUInt8(0)];
  const attributes = readAttributes(body, 8);
  // With a peer, ADDRESS is the other side's.
  const address = attributes.get(IFA.LOCAL) ?? attributes.get(IFA.ADDRESS);
  if (!family || !address) return undefined;
  const flags = numberOf(attributes.get(IFA.FLAGS)) ?? body.readUInt8(2);
  return {
    index: body.readUInt32LE(4),
    family,
    address: formatAddress(address),
    prefix: body.readUInt8(1),
    scope: scopeOf(body.readUInt8(3)),
    tentative: (flags & IFA.tentative) !== 0,
  };
}

/** Undefined for those of other tables: local addresses, broadcasts, what somebody else's rules choose. */
export function routeEntry(body: Buffer): RouteEntry | undefined {
  const family = FAMILIES[body.readUInt8(0)];
  const attributes = readAttributes(body, 12);
  const table = numberOf(attributes.get(RTA.TABLE)) ?? body.readUInt8(4);
  if (!family || table !== RTA.mainTable) return undefined;
  const length = body.readUInt8(1);
  const to = attributes.get(RTA.DST);
  const gateway = attributes.get(RTA.GATEWAY);
  return {
    family,
    destination: to ? `${formatAddress(to)}/${length}` : 'default',
    gateway: gateway && formatAddress(gateway),
    index: numberOf(attributes.get(RTA.OIF)),
    metric: numberOf(attributes.get(RTA.PRIORITY)) ?? 0,
  };
}
