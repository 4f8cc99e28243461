/** What `createNetwork()` takes. */
import { BlockList, isIP } from 'node:net';
import { bare, boolean, type Check, fields, integer, invalidType, invalidValue, string } from './check.ts';
import { DEFAULTS } from './defaults.ts';
import { local, peers, VXLAN_PORT, vni } from './links.ts';
import { bareAddress, mtu, parsePrefix, prefix } from './network.ts';

export interface NormalizedNetwork {
  readonly name: string;
  readonly subnet: string | undefined;
  readonly gateway: string | undefined;
  readonly internal: boolean;
  readonly mtu: number | undefined;
  readonly ipv6: boolean | string;
  /** Undefined: on this host alone. */
  readonly overlay:
    | { readonly vni: number; readonly local: string; readonly peers: readonly string[]; readonly port: number }
    | undefined;
}

const LONGEST_NAME = 15;

/** Of a bridge: IFNAMSIZ, and what nft(8) takes for part of a table's name. */
export const networkName: Check<string> = (value, option) => {
  const name = string(value, option);
  if (name.length > LONGEST_NAME)
    throw invalidValue(option, `must be at most ${LONGEST_NAME} characters long, as its bridge is called so`, value);
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(name))
    throw invalidValue(option, "must consist of letters, digits, '-', '_' and '.'", value);
  if (['lo', 'all', 'default'].includes(name)) throw invalidValue(option, 'is a name that the kernel uses', value);
  // Nothing here is indexed by it, but what a program makes of its networks' names may well be.
  if (name === '__proto__') throw invalidValue(option, 'is a name that JavaScript uses', value);
  return name;
};

/** Two addresses beside the network's own and the one for all: a bridge and a container. */
const LONGEST_PREFIX = 30;

const subnet: Check<string> = (value, option) => {
  const text = prefix(value, option);
  const { family, length } = parsePrefix(text) as { family: string; length: number };
  if (family !== 'ipv4') throw invalidValue(option, 'must be of IPv4', value, "give the IPv6 one as 'ipv6'");
  if (length > LONGEST_PREFIX || length < 8)
    throw invalidValue(option, `must have a prefix of 8 to ${LONGEST_PREFIX} bits`, value);
  return text;
};

const ipv6: Check<boolean | string> = (value, option) => {
  if (typeof value === 'boolean') return value;
  if (typeof value !== 'string') throw invalidType(option, "true, false or a subnet such as 'fd00:4::/64'", value);
  const text = prefix(value, option);
  const { family, length } = parsePrefix(text) as { family: string; length: number };
  if (family !== 'ipv6') throw invalidValue(option, 'must be of IPv6', value, "give the IPv4 one as 'subnet'");
  if (length > 112 || length < 8) throw invalidValue(option, 'must have a prefix of 8 to 112 bits', value);
  return text;
};

const networkFields = fields({
  name: networkName,
  subnet,
  gateway: bareAddress,
  internal: boolean,
  mtu,
  ipv6,
  vni,
  local,
  peers,
  port: integer({ least: 1, most: 65535 }),
});

/** Between hosts, or undefined. */
function overlayOf(given: ReturnType<typeof networkFields>): NormalizedNetwork['overlay'] {
  const { vni, local, peers, port } = given;
  if (vni === undefined && local === undefined && peers === undefined && port === undefined) return undefined;
  if (peers === undefined)
    throw invalidType('peers', "the other hosts' addresses", peers, 'vni, local and peers go together');
  if (vni === undefined) throw invalidType('vni', 'a VXLAN network identifier', vni, 'the same on all hosts');
  if (local === undefined) throw invalidType('local', "this host's address", local, 'one that the peers reach');
  const stranger = peers.find((peer) => isIP(peer) !== isIP(local));
  if (stranger !== undefined) throw invalidValue('peers', `must be of the family of local, ${local}`, stranger);
  if (given.gateway !== undefined)
    throw invalidValue(
      'gateway',
      'cannot be chosen in a network that crosses hosts',
      given.gateway,
      'each host has the first address of its part',
    );
  return bare({ vni, local, peers: Object.freeze(peers.filter((peer) => peer !== local)), port: port ?? VXLAN_PORT });
}

function checkGateway(gateway: string, subnet: string | undefined): void {
  const range = subnet === undefined ? undefined : parsePrefix(subnet);
  if (!range) throw invalidValue('gateway', 'needs subnet', gateway);
  const within = new BlockList();
  within.addSubnet(range.address, range.length, 'ipv4');
  if (isIP(gateway) !== 4 || !within.check(gateway, 'ipv4'))
    throw invalidValue('gateway', `must lie within subnet, ${subnet}`, gateway);
}

const LEAST_IPV6_MTU = 1280;

/** @throws {TypeError|RangeError} naming the option, what it must be and what it is */
export function normalizeNetworkOptions(options: unknown): NormalizedNetwork {
  const given = networkFields(options, '');
  const { name, subnet, gateway, internal = false, mtu, ipv6 = false } = given;
  if (name === undefined) throw invalidType('name', 'the name of the network', name, 'it is required');
  if (name === DEFAULTS.network)
    throw invalidValue('name', "is the default network's, which is made when it is needed", name, 'choose another one');
  if (gateway !== undefined) checkGateway(gateway, subnet);
  if (ipv6 !== false && mtu !== undefined && mtu < LEAST_IPV6_MTU)
    throw invalidValue('mtu', `must be at least ${LEAST_IPV6_MTU} for IPv6`, mtu);
  return bare({ name, subnet, gateway, internal, mtu, ipv6, overlay: overlayOf(given) });
}
