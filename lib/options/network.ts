/** The options of a container's network interface. */
import { BlockList, isIP } from 'node:net';
import { bare, type Check, fields, integer, invalidType, invalidValue, member, string } from './check.ts';
import { DEFAULTS } from './defaults.ts';
import { interfaceName } from './names.ts';
import type { NormalizedInterface } from './normalized.ts';

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

const address: Check<string> = (value, option) => {
  const text = string(value, option);
  if (parsePrefix(text)) return text;
  const bare = isIP(text) !== 0 && !text.includes('%');
  throw bare
    ? invalidValue(option, 'needs a prefix length', value, `for example ${text}/${isIP(text) === 4 ? 24 : 64}`)
    : invalidValue(option, "must be an IP address with prefix length such as '10.0.0.1/24'", value);
};

const gateway: Check<string> = (value, option) => {
  const text = string(value, option);
  if (isIP(text) === 0 || text.includes('%'))
    throw invalidValue(option, "must be an IP address such as '10.0.0.254'", value);
  return text;
};

const interfaceFields = fields({
  interface: interfaceName,
  address,
  bridge: interfaceName,
  gateway,
  // RFC 791: every link must carry 68 bytes. The kernel's most for Ethernet-like links is 65535.
  mtu: integer({ least: 68, most: 65535, unit: 'bytes' }),
});

const LEAST_IPV6_MTU = 1280;

function networkInterface(value: object, option: string): NormalizedInterface {
  const { interface: name = DEFAULTS.interface, address, bridge, gateway, mtu } = interfaceFields(value, option);
  const at = (key: string) => member(option, key);
  if (name === 'lo') throw invalidValue(at('interface'), 'is the loopback interface', name, 'choose another name');
  const prefix = address === undefined ? undefined : parsePrefix(address);
  if (gateway !== undefined) {
    if (!prefix) throw invalidValue(at('gateway'), `needs ${at('address')}`, gateway);
    const subnet = new BlockList();
    subnet.addSubnet(prefix.address, prefix.length, prefix.family);
    if (BITS[prefix.family] !== (isIP(gateway) === 4 ? 32 : 128) || !subnet.check(gateway, prefix.family))
      throw invalidValue(at('gateway'), `must lie within ${at('address')}, ${address}`, gateway);
  }
  if (mtu !== undefined && mtu < LEAST_IPV6_MTU && prefix?.family === 'ipv6')
    throw invalidValue(at('mtu'), `must be at least ${LEAST_IPV6_MTU} for IPv6`, mtu);
  return bare({ interface: name, address, bridge, gateway, mtu });
}

export const network: Check<'none' | 'host' | NormalizedInterface> = (value, option) => {
  if (value === 'none' || value === 'host') return value;
  if (typeof value === 'string') throw invalidValue(option, "must be 'none', 'host' or an object", value);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalidType(option, "'none', 'host' or an object", value);
  return networkInterface(value, option);
};
