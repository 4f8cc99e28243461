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

type Kind = 'veth' | 'macvlan' | 'phys';

/** What a type is called by the library, and what its link is there. */
function linkOf(kind: Kind, { link, mode, pair }: Net, number: number, host: Host): NetworkOption {
  const at = `lxc.net.${number}`;
  if (kind === 'veth') {
    if (mode === 'router') throw new ConfigError([`${at}.veth.mode: router is not supported; give bridge`]);
    return {
      ...(link !== undefined && { bridge: bridgeOf(link, host) }),
      ...(pair !== undefined && { hostInterface: pair }),
    };
  }
  if (link === undefined)
    throw new ConfigError([`${at} has no link, which type ${kind} needs: an interface of the host`]);
  if (kind === 'phys') return { type: 'move', device: link };
  const modes = ['private', 'vepa', 'bridge', 'passthru'] as const;
  const chosen = modes.find((each) => each === (mode ?? 'private'));
  if (!chosen) throw new ConfigError([`${at}.macvlan.mode must be one of ${modes.join(', ')}, got '${mode}'`]);
  return { type: 'macvlan', parent: link, mode: chosen };
}

function interfaceOf(kind: Kind, net: Net, number: number, index: number, host: Host): NetworkOption {
  const { link, name, hwaddr, mtu, ipv4, ipv6, gateway4, gateway6 } = net;
  const bridge = kind === 'veth' && link ? bridgeOf(link, host) : link;
  const gateway = (given: string | undefined, family: 'IPv4' | 'IPv6') =>
    given === undefined || given === 'dev' ? undefined : gatewayOf(given, bridge, family);
  const [first4, first6] = [gateway(gateway4, 'IPv4'), gateway(gateway6, 'IPv6')];
  const [address, ...more] = ipv4;
  const addresses = [...more, ...ipv6];
  return {
    // A card of the host's keeps its name, as with LXC.
    interface: name ?? (kind === 'phys' ? (link as string) : `eth${index}`),
    ...linkOf(kind, net, number, host),
    ...(address !== undefined && { address }),
    ...(addresses.length > 0 && { addresses }),
    ...(first4 !== undefined && { gateway: first4 }),
    ...(first6 !== undefined && { routes: [{ destination: '::/0', gateway: first6 }] }),
    ...(mtu !== undefined && { mtu }),
    ...(hwaddr !== undefined && { mac: withRandomDigits(hwaddr) }),
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
  const kindOf = (number: number, { type }: Net): Kind => {
    if (type === 'veth' || type === 'macvlan' || type === 'phys') return type;
    throw new ConfigError([
      `lxc.net.${number}.type: ${type} is not supported; there are veth, macvlan, phys, empty and none`,
    ]);
  };
  if (real.length === 0) return 'none';
  return real.map(([number, net], index) => interfaceOf(kindOf(number, net), net, number, index, host));
}
