/** The keys of one interface, below `lxc.net.N.` */
import { isIPv4, isIPv6 } from 'node:net';
import type { Net, NetType } from './config.ts';
import { ValueError } from './errors.ts';
import { absolute, integer } from './values.ts';

export const emptyNet = (): Net => ({ up: false, ipv4: [], ipv6: [], scriptUp: [], scriptDown: [] });

const TYPES: readonly NetType[] = ['none', 'empty', 'veth', 'macvlan', 'ipvlan', 'vlan', 'phys'];

function typeOf(text: string): NetType {
  const type = TYPES.find((each) => each === text);
  if (!type) throw new ValueError(`must be one of ${TYPES.join(', ')}, got '${text}'`);
  return type;
}

/** IFNAMSIZ and dev_valid_name() of the kernel. */
function interfaceName(text: string): string {
  if (!/^[^\s/:]{1,15}$/.test(text) || text === '.' || text === '..')
    throw new ValueError(`must be the name of an interface, at most 15 characters, got '${text}'`);
  return text;
}

function hardwareAddress(text: string): string {
  if (!/^[\dA-Fa-fxX]{2}(:[\dA-Fa-fxX]{2}){5}$/.test(text))
    throw new ValueError(`must be six pairs of hex digits, where x is random: 00:16:3e:xx:xx:xx, got '${text}'`);
  return text.toLowerCase();
}

const FAMILIES = {
  4: { is: isIPv4, bits: 32, example: '10.0.3.5/24' },
  6: { is: isIPv6, bits: 128, example: 'fd00::5/64' },
};

/** 'ADDRESS/PREFIX', and a broadcast address, which follows from it. */
const addressOf =
  (version: 4 | 6) =>
  (text: string): string => {
    const { is, bits, example } = FAMILIES[version];
    const [address = ''] = text.split(/\s+/);
    const [host = '', prefix = String(bits)] = address.split('/');
    if (!is(host) || !/^\d{1,3}$/.test(prefix) || Number(prefix) > bits)
      throw new ValueError(
        `must be an IPv${version} address with its prefix length, such as ${example}, got '${text}'`,
      );
    return `${host}/${prefix}`;
  };

const gatewayOf =
  (version: 4 | 6) =>
  (text: string): string => {
    if (text !== 'auto' && text !== 'dev' && !FAMILIES[version].is(text))
      throw new ValueError(`must be an IPv${version} address, auto or dev, got '${text}'`);
    return text;
  };

function upOnly(text: string): boolean {
  if (text !== 'up' && text !== '') throw new ValueError(`must be up, got '${text}'`);
  return text === 'up';
}

export type NetKey = (net: Net, value: string) => void;

/** An empty value takes back what was said. */
const one =
  <Name extends keyof Net>(name: Name, parse: (text: string) => NonNullable<Net[Name]>): NetKey =>
  (net, value) => {
    net[name] = value === '' ? (emptyNet()[name] as Net[Name]) : parse(value);
  };

const several =
  (name: 'ipv4' | 'ipv6' | 'scriptUp' | 'scriptDown', parse: (text: string) => string): NetKey =>
  (net, value) => {
    net[name] = value === '' ? [] : [...net[name], parse(value)];
  };

/** What an interface may be told, by what follows the number. */
export const NET_KEYS: Readonly<Record<string, NetKey>> = {
  type: one('type', typeOf),
  link: one('link', interfaceName),
  flags: one('up', upOnly),
  name: one('name', interfaceName),
  hwaddr: one('hwaddr', hardwareAddress),
  mtu: one('mtu', integer(68, 65535)),
  'ipv4.address': several('ipv4', addressOf(4)),
  'ipv6.address': several('ipv6', addressOf(6)),
  'ipv4.gateway': one('gateway4', gatewayOf(4)),
  'ipv6.gateway': one('gateway6', gatewayOf(6)),
  'veth.pair': one('pair', interfaceName),
  'veth.mode': one('mode', (text) => text),
  'macvlan.mode': one('mode', (text) => text),
  'ipvlan.mode': one('mode', (text) => text),
  'vlan.id': one('vlan', integer(1, 4094)),
  'script.up': several('scriptUp', absolute),
  'script.down': several('scriptDown', absolute),
};
