/** The options of a container's network interfaces. */
import { BlockList, isIP } from 'node:net';
import { bare, type Check, fields, integer, invalidType, invalidValue, list, member, oneOf, string } from './check.ts';
import { DEFAULTS } from './defaults.ts';
import { aliases, dns, LINK_FIELDS, linkOf, SHAPE_FIELDS, shapeOf } from './links.ts';
import { id, interfaceName } from './names.ts';
import type { NormalizedInterface, NormalizedPort, NormalizedRoute } from './normalized.ts';

/** An address and how many of its bits name the network. */
export interface Prefix {
  address: string;
  family: 'ipv4' | 'ipv6';
  length: number;
}

const FAMILIES = { 4: 'ipv4', 6: 'ipv6' } as const;
const BITS = { ipv4: 32, ipv6: 128 } as const;

/** '10.0.0.1/24' taken apart, or undefined. Zone indices ('fe80::1%eth0') have no meaning inside of a container. */
export function parsePrefix(text: string): Prefix | undefined {
  const match = /^([^/%]+)\/(0|[1-9]\d{0,2})$/.exec(text);
  const [, address = '', digits = ''] = match ?? [];
  const version = isIP(address);
  if (version !== 4 && version !== 6) return undefined;
  const family = FAMILIES[version];
  const length = Number(digits);
  return length <= BITS[family] ? { address, family, length } : undefined;
}

const isBareAddress = (text: string): boolean => isIP(text) !== 0 && !text.includes('%');

const address: Check<string> = (value, option) => {
  const text = string(value, option);
  if (parsePrefix(text) || isBareAddress(text)) return text;
  throw invalidValue(option, "must be an IP address with prefix length such as '10.0.0.1/24'", value);
};

/** What an address without its prefix length is outside of a network, which would know it. */
export const needsPrefix = (option: string, text: string) =>
  invalidValue(option, 'needs a prefix length', text, `for example ${text}/${isIP(text) === 4 ? 24 : 64}`);

/** An address without prefix length. */
export const bareAddress: Check<string> = (value, option) => {
  const text = string(value, option);
  if (!isBareAddress(text)) throw invalidValue(option, "must be an IP address such as '10.0.0.254'", value);
  return text;
};

export const prefix: Check<string> = (value, option) => {
  const text = string(value, option);
  if (!parsePrefix(text)) throw invalidValue(option, "must be of the form '10.4.0.0/24'", value);
  return text;
};

/** Six bytes as text of one character each, as operations take bytes that may have marks in them. */
const mac: Check<string> = (value, option) => {
  const text = string(value, option);
  if (!/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(text))
    throw invalidValue(option, "must be of the form '02:00:00:00:00:01'", value);
  const bytes = Buffer.from(text.replaceAll(':', ''), 'hex');
  if (((bytes[0] as number) & 1) !== 0)
    throw invalidValue(option, 'is a multicast address', value, 'the first byte must be even: begin it with 02');
  if (bytes.every((byte) => byte === 0)) throw invalidValue(option, 'must not be zero', value);
  return bytes.toString('latin1');
};

/** RFC 791: every link must carry 68 bytes. The kernel's most for Ethernet-like links is 65535. */
export const mtu = integer({ least: 68, most: 65535, unit: 'bytes' });

const routeFields = fields({ destination: prefix, gateway: bareAddress });

const route: Check<NormalizedRoute> = (value, option) => {
  const { destination, gateway } = routeFields(value, option);
  if (destination === undefined)
    throw invalidType(member(option, 'destination'), "a prefix such as '10.1.0.0/16'", destination, 'it is required');
  if (gateway !== undefined && isIP(gateway) !== (parsePrefix(destination)?.family === 'ipv4' ? 4 : 6))
    throw invalidValue(member(option, 'gateway'), `must be of the family of ${destination}`, gateway);
  return bare({ destination, gateway });
};

const port = integer({ least: 1, most: 65535 });
const portFields = fields({
  container: port,
  host: integer({ least: 0, most: 65535 }),
  protocol: oneOf(['tcp', 'udp']),
  address: bareAddress,
});

const published: Check<NormalizedPort> = (value, option) => {
  const { container, host, protocol = 'tcp', address } = portFields(value, option);
  if (container === undefined)
    throw invalidType(member(option, 'container'), 'a port number', container, 'it is required');
  if (address === '::1')
    throw invalidValue(
      member(option, 'address'),
      "cannot be IPv6's loopback: the kernel does not forward from it",
      address,
      "publish on '127.0.0.1'",
    );
  return bare({ container, host: host ?? container, protocol, address });
};

const MOST_PORTS = 128;

/** The option `publish`. */
export const publish: Check<readonly NormalizedPort[]> = (value, option) => {
  const ports = list(published, 0, MOST_PORTS)(value, option);
  const seen = new Set<string>();
  ports.forEach((each, index) => {
    const key = `${each.protocol} ${each.host} ${each.address ?? ''}`;
    if (each.host !== 0 && seen.has(key))
      throw invalidValue(`${option}[${index}]`, 'publishes a port of the host twice', each.host);
    seen.add(key);
  });
  return ports;
};

const interfaceFields = fields({
  interface: interfaceName,
  hostInterface: interfaceName,
  address,
  addresses: list(prefix, 0, 64),
  bridge: interfaceName,
  gateway: bareAddress,
  mtu,
  mac,
  routes: list(route, 0, 64),
  publish,
  ...LINK_FIELDS,
  ...SHAPE_FIELDS,
  dns,
  aliases,
});

const LEAST_IPV6_MTU = 1280;
const NONE = Object.freeze([]);

function checkGateway(gateway: string, address: string | undefined, at: (key: string) => string): void {
  const prefix = address === undefined ? undefined : parsePrefix(address);
  if (!prefix) throw invalidValue(at('gateway'), `needs ${at('address')}`, gateway);
  const subnet = new BlockList();
  subnet.addSubnet(prefix.address, prefix.length, prefix.family);
  if (BITS[prefix.family] !== (isIP(gateway) === 4 ? 32 : 128) || !subnet.check(gateway, prefix.family))
    throw invalidValue(at('gateway'), `must lie within ${at('address')}, ${address}`, gateway);
}

function networkInterface(value: object, option: string, index = 0): NormalizedInterface {
  const given = interfaceFields(value, option);
  const {
    interface: name = `eth${index}`,
    hostInterface,
    address,
    addresses = NONE,
    bridge,
    gateway,
    mtu,
    mac,
    routes = NONE,
    publish = NONE,
  } = given;
  const at = (key: string) => member(option, key);
  if (name === 'lo') throw invalidValue(at('interface'), 'is the loopback interface', name, 'choose another name');
  // A network may know what is missing here, but nothing else may.
  if (address !== undefined && bridge === undefined && !parsePrefix(address)) throw needsPrefix(at('address'), address);
  if (gateway !== undefined && (bridge === undefined || address !== undefined)) checkGateway(gateway, address, at);
  const link = linkOf(given, bridge, option);
  const shape = shapeOf(given, link, option);
  if (link.type === 'pasta' || link.type === 'slirp4netns') checkUserMode(link.type, given, option);
  else if (publish.length > 0 && bridge === undefined)
    throw invalidValue(
      at('publish'),
      `needs ${at('bridge')}`,
      publish,
      "a network of createNetwork(), or 'cofferdam0'",
    );
  if (mtu !== undefined && mtu < LEAST_IPV6_MTU && [address, ...addresses].some((each) => each?.includes(':')))
    throw invalidValue(at('mtu'), `must be at least ${LEAST_IPV6_MTU} for IPv6`, mtu);
  const { dns, aliases = NONE } = given;
  return bare({
    ...{ interface: name, hostInterface, address, addresses, bridge, gateway, mtu, mac, routes, publish },
    ...{ link, shape, dns, aliases },
  });
}

const CHOSEN_BY_PROGRAM = ['address', 'gateway', 'mac', 'routes', 'hostInterface', 'rate', 'delay', 'loss'] as const;

/** The program decides about addresses; slirp4netns(1) takes ports through a socket of its own only. */
function checkUserMode(type: 'pasta' | 'slirp4netns', given: ReturnType<typeof interfaceFields>, option: string): void {
  const key = CHOSEN_BY_PROGRAM.find((each) => given[each] !== undefined);
  if (key !== undefined)
    throw invalidValue(member(option, key), `means nothing for type '${type}'`, given[key], 'the program chooses it');
  const { publish = NONE } = given;
  if (publish.length > 0 && type === 'slirp4netns')
    throw invalidValue(member(option, 'publish'), "is not possible with 'slirp4netns'", publish, "say 'pasta'");
  if (publish.some(({ host }) => host === 0))
    throw invalidValue(member(option, 'publish'), "must name its ports with 'pasta'", publish, "give 'host' a number");
}

/** Interfaces of one container; more would be no container. */
const MOST_INTERFACES = 8;

function interfaces(value: readonly unknown[], option: string): readonly NormalizedInterface[] {
  if (value.length > MOST_INTERFACES)
    throw invalidValue(option, `must have at most ${MOST_INTERFACES} elements`, value);
  const names = new Set<string>();
  return Object.freeze(
    Array.from(value, (each, index) => {
      const at = `${option}[${index}]`;
      if (typeof each !== 'object' || each === null || Array.isArray(each)) throw invalidType(at, 'an object', each);
      const made = networkInterface(each, at, index);
      if (names.has(made.interface))
        throw invalidValue(member(at, 'interface'), 'is the name of an earlier interface, too', made.interface);
      names.add(made.interface);
      const { type } = made.link;
      if (value.length > 1 && (type === 'pasta' || type === 'slirp4netns'))
        throw invalidValue(at, `must be the only interface with type '${type}'`, each);
      return made;
    }),
  );
}

/** One interface in the default network. */
export const defaultInterfaces = (publish: readonly NormalizedPort[] = NONE): readonly NormalizedInterface[] =>
  Object.freeze([networkInterface({ bridge: DEFAULTS.network, publish }, 'network')]);

const userModeInterface = (type: 'pasta' | 'slirp4netns'): readonly NormalizedInterface[] =>
  Object.freeze([networkInterface({ type }, 'network')]);

const JOINED = 'container:';
const KINDS = "'none', 'host', 'bridge', 'pasta', 'slirp4netns', 'container:ID', an object or a list";

/** The option `network`: where the namespace comes from, or the interfaces of a new one. */
export const network: Check<'none' | 'host' | { container: string } | readonly NormalizedInterface[]> = (
  value,
  option,
) => {
  if (value === 'none' || value === 'host') return value;
  if (value === 'bridge') return defaultInterfaces();
  if (value === 'pasta' || value === 'slirp4netns') return userModeInterface(value);
  if (typeof value === 'string' && value.startsWith(JOINED))
    return bare({ container: id(value.slice(JOINED.length), option) });
  if (typeof value === 'string') throw invalidValue(option, `must be ${KINDS}`, value);
  if (Array.isArray(value)) return interfaces(value, option);
  if (typeof value !== 'object' || value === null) throw invalidType(option, KINDS, value);
  return Object.freeze([networkInterface(value, option)]);
};

/** The interfaces with the ports of the container's own option `publish` at the first. */
export function withPublished(
  given: ReturnType<typeof network> | undefined,
  ports: readonly NormalizedPort[] | undefined,
): ReturnType<typeof network> | undefined {
  if (ports === undefined || ports.length === 0) return given;
  if (given === undefined) return defaultInterfaces(ports);
  const [first, ...others] = Array.isArray(given) ? (given as readonly NormalizedInterface[]) : [];
  if (first?.link.type === 'pasta' && ports.some(({ host }) => host === 0))
    throw invalidValue('publish', "must name its ports with 'pasta'", ports, "give 'host' a number");
  if (first?.bridge === undefined && first?.link.type !== 'pasta')
    throw invalidValue(
      'publish',
      'needs an interface in a network',
      ports,
      "say network: 'bridge', or the bridge of a network; for users who are not root, 'pasta'",
    );
  return Object.freeze([bare({ ...first, publish: Object.freeze([...first.publish, ...ports]) }), ...others]);
}
