/** `lxc.net.*` as the library's interfaces. */
import { randomBytes } from 'node:crypto';
import { networkInterfaces } from 'node:os';
import type { ContainerOptions, NetworkOption } from 'cofferdam';
import type { Config, Net } from '../config/config.ts';
import { ConfigError } from '../config/errors.ts';
import type { Host } from './host.ts';

/** The bridge that LXC's own package makes. Where it is not there, the library's default network stands for it. */
const LXC_BRIDGE = 'lxcbr0';
const DEFAULT_NETWORK = 'cofferdam0';

/** Each 'x' becomes a digit. The first byte stays that of a single, locally administered or registered card. */
export const withRandomDigits = (hwaddr: string): string =>
  hwaddr.replace(/x/gi, (_, position: number) => {
    const digit = (randomBytes(1)[0] as number) & 0xf;
    // Of the first byte the lowest bit says "for many", and the next one "not registered".
    return (position === 1 ? (digit & 0xe) | 2 : digit).toString(16);
  });

const bridgeOf = (link: string, host: Host): string =>
  link === LXC_BRIDGE && !host.exists(`/sys/class/net/${link}`) ? DEFAULT_NETWORK : link;

/** 'auto' is the bridge's own address. */
function gatewayOf(given: string, bridge: string | undefined, family: 'IPv4' | 'IPv6'): string | undefined {
  if (given !== 'auto') return given;
  return networkInterfaces()[bridge ?? '']?.find((each) => each.family === family)?.address;
}

function veth(net: Net, number: number, index: number, host: Host): NetworkOption {
  const { link, name, hwaddr, mtu, ipv4, ipv6, gateway4, gateway6, pair } = net;
  const bridge = link && bridgeOf(link, host);
  if (net.mode === 'router')
    throw new ConfigError([`lxc.net.${number}.veth.mode: router is not supported; give bridge`]);
  const addresses = [...ipv4, ...ipv6];
  if (addresses.length > 1)
    throw new ConfigError([`lxc.net.${number}: one address of an interface is supported, got ${addresses.join(', ')}`]);
  const gateways = [gateway4 && gatewayOf(gateway4, bridge, 'IPv4'), gateway6 && gatewayOf(gateway6, bridge, 'IPv6')];
  const [gateway] = gateways.filter((each) => each !== undefined && each !== 'dev');
  return {
    interface: name ?? `eth${index}`,
    ...(bridge !== undefined && { bridge }),
    ...(addresses.length > 0 && { address: addresses[0] }),
    ...(gateway !== undefined && { gateway }),
    ...(mtu !== undefined && { mtu }),
    ...(hwaddr !== undefined && { mac: withRandomDigits(hwaddr) }),
    ...(pair !== undefined && { hostInterface: pair }),
  };
}

/** @throws {ConfigError} for what cannot be */
export function networkOf({ nets }: Config, host: Host): ContainerOptions['network'] {
  const interfaces = [...nets].sort(([a], [b]) => a - b);
  const untyped = interfaces.find(([, { type }]) => type === undefined);
  if (untyped) throw new ConfigError([`lxc.net.${untyped[0]} has no type; give lxc.net.${untyped[0]}.type = veth`]);
  const real = interfaces.filter(([, { type }]) => type !== 'empty' && type !== 'none');
  if (interfaces.some(([, { type }]) => type === 'none')) {
    if (real.length > 0)
      throw new ConfigError(['lxc.net: type none, the host’s network, excludes all other interfaces']);
    return 'host';
  }
  const other = real.find(([, { type }]) => type !== 'veth');
  if (other)
    throw new ConfigError([
      `lxc.net.${other[0]}.type: ${other[1].type} is not supported; there are veth, empty and none`,
    ]);
  if (real.length === 0) return 'none';
  return real.map(([number, net], index) => veth(net, number, index, host));
}
