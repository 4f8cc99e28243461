/** Options of an interface that say what kind it is, how quick it is, and which names it brings. */
import { isIP } from 'node:net';
import {
  bare,
  boolean,
  type Check,
  fields,
  integer,
  invalidType,
  invalidValue,
  list,
  map,
  matching,
  member,
  number,
  oneOf,
  string,
} from './check.ts';
import { interfaceName } from './names.ts';
import type { NormalizedDNS, NormalizedLink, NormalizedShape } from './normalized.ts';

const ipAddress: Check<string> = (value, option) => {
  const text = string(value, option);
  if (isIP(text) === 0 || text.includes('%'))
    throw invalidValue(option, "must be an IP address such as '10.0.0.1'", value);
  return text;
};

/** VXLAN network identifiers have 24 bits (RFC 7348). */
export const vni = integer({ least: 1, most: 2 ** 24 - 1 });
export const peers = list(ipAddress, 0, 256);
export const local = ipAddress;

/** What the kinds take, beside what all interfaces do. */
export const LINK_FIELDS = {
  type: oneOf(['veth', 'macvlan', 'vxlan', 'move', 'pasta', 'slirp4netns']),
  hostLoopback: boolean,
  parent: interfaceName,
  mode: oneOf(['bridge', 'private', 'vepa', 'passthru']),
  device: interfaceName,
  vni,
  local,
  peers,
  port: integer({ least: 1, most: 65535 }),
};

interface GivenLink {
  type?: NormalizedLink['type'] | undefined;
  hostLoopback?: boolean | undefined;
  parent?: string | undefined;
  mode?: 'bridge' | 'private' | 'vepa' | 'passthru' | undefined;
  device?: string | undefined;
  vni?: number | undefined;
  local?: string | undefined;
  peers?: readonly string[] | undefined;
  port?: number | undefined;
}
type Kind = NonNullable<GivenLink['type']>;
type Key = Exclude<keyof GivenLink, 'type'>;

/** Which keys each kind needs, and which it can have. */
const KINDS: Readonly<Record<Kind, { needs: readonly Key[]; takes: readonly Key[] }>> = {
  veth: { needs: [], takes: [] },
  macvlan: { needs: ['parent'], takes: ['mode'] },
  vxlan: { needs: ['vni', 'local'], takes: ['peers', 'port'] },
  move: { needs: ['device'], takes: [] },
  pasta: { needs: [], takes: ['hostLoopback'] },
  slirp4netns: { needs: [], takes: ['hostLoopback'] },
};
const KEYS: readonly Key[] = ['parent', 'mode', 'device', 'vni', 'local', 'peers', 'port', 'hostLoopback'];
/** IANA's. */
export const VXLAN_PORT = 4789;

/** @throws {TypeError|RangeError} for a key that the kind does not have, or lacks */
export function linkOf(given: GivenLink, bridge: string | undefined, option: string): NormalizedLink {
  const { type = 'veth' } = given;
  const { needs, takes } = KINDS[type];
  for (const key of KEYS) {
    if (given[key] === undefined && needs.includes(key))
      throw invalidType(member(option, key), `given for type '${type}'`, undefined, 'it is required');
    if (given[key] !== undefined && !needs.includes(key) && !takes.includes(key))
      throw invalidValue(member(option, key), `means nothing for type '${type}'`, given[key]);
  }
  if (type !== 'veth' && bridge !== undefined)
    throw invalidValue(
      member(option, 'bridge'),
      `means nothing for type '${type}'`,
      bridge,
      'only a veth has an end outside',
    );
  const { peers = Object.freeze([]), local: own } = given;
  const stranger = peers.find((peer) => own !== undefined && isIP(peer) !== isIP(own));
  if (stranger !== undefined) throw invalidValue(member(option, 'peers'), `must be of the family of ${own}`, stranger);
  switch (type) {
    case 'veth':
      return bare({ type });
    case 'macvlan':
      return bare({ type, parent: given.parent as string, mode: given.mode ?? 'bridge' });
    case 'vxlan':
      return bare({ type, vni: given.vni as number, local: own as string, peers, port: given.port ?? VXLAN_PORT });
    case 'move':
      return bare({ type, device: given.device as string });
    case 'pasta':
    case 'slirp4netns':
      return bare({ type, hostLoopback: given.hostLoopback ?? false });
  }
}

/** A packet of a second, and more than any link has: 10 Tbit/s. */
const rate = integer({ least: 1500, most: 1.25e12, unit: 'bytes per second' });
const rates = fields({ receive: rate, send: rate });

export const SHAPE_FIELDS = {
  rate: ((value, option) => {
    if (typeof value === 'number') return bare({ receive: rate(value, option), send: rate(value, option) });
    return bare({ ...rates(value, option) });
  }) as Check<{ receive?: number | undefined; send?: number | undefined }>,
  delay: number({ least: 0, most: 60_000, unit: 'milliseconds' }),
  loss: number({ least: 0, most: 1, hint: '0.01 loses one packet of a hundred' }),
};

interface GivenShape {
  rate?: { receive?: number | undefined; send?: number | undefined } | undefined;
  delay?: number | undefined;
  loss?: number | undefined;
}

/**
 * Undefined when nothing is to be shaped.
 * @throws {RangeError} for a limit of what arrives where nothing of the host's is in between
 */
export function shapeOf(
  { rate, delay, loss }: GivenShape,
  link: NormalizedLink,
  option: string,
): NormalizedShape | undefined {
  if (rate?.receive === undefined && rate?.send === undefined && !delay && !loss) return undefined;
  if (rate?.receive !== undefined && link.type !== 'veth')
    throw invalidValue(
      member(option, 'rate'),
      `cannot limit what arrives for type '${link.type}'`,
      rate.receive,
      'only a veth has an end outside; give { send }',
    );
  return bare({ receive: rate?.receive, send: rate?.send, delay, loss });
}

/** A domain name; anything else could end the line that it is written to. */
const domain = matching(
  /^[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*\.?$/,
  253,
  "must be a domain name such as 'example.com'",
);
/** resolv.conf(5). */
const resolverOption = matching(/^[a-z0-9-]+(:\d+)?$/, 64, "must be an option of resolv.conf(5) such as 'ndots:2'");

export const dns: Check<NormalizedDNS> = (value, option) => {
  const given = dnsFields(value, option);
  return bare({ servers: given.servers, search: given.search ?? NONE, options: given.options ?? NONE });
};
const NONE = Object.freeze([]);
// The C library reads three servers and six domains.
const dnsFields = fields({
  servers: list(ipAddress, 0, 3),
  search: list(domain, 0, 6),
  options: list(resolverOption, 0, 16),
});

/** A lease on record names them all, and has to be short. */
export const aliases = list(matching(/^[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?$/, 63, 'must be a host name'), 0, 16);

/** The option `hosts`: further lines of /etc/hosts. */
export const hosts: Check<Readonly<Record<string, string>>> = map((name, option) => {
  domain(name, option);
}, ipAddress);
