/** Who tells a container which name has which address: its networks' responders, the caller's servers, or /etc/hosts. */
import { isIP } from 'node:net';
import { hostAnswer, hostFile, hostHas } from '../host-files.ts';
import type { NormalizedInterface } from '../options/normalized.ts';
import type { LaunchNames } from '../program/names.ts';
import { readMembers } from './dns/members.ts';
import { processPath } from './dns/process.ts';
import type { NameFiles } from './files.ts';
import { type Interface, resolveInterfaces } from './interfaces.ts';
import type { NetworkRecord } from './record.ts';
import { isUserMode, userModeResolvers } from './user-mode.ts';

/** resolv.conf(5) has no more. */
const MOST_SERVERS = 3;

/** A network whose containers find each other by its responder; it is started before the launch, see networks.ts. */
const responds = ({ name }: NetworkRecord): boolean => hostHas(processPath(name));

/** The host's own servers, but for those that only the host reaches. */
function hostServers(): string[] {
  if (!hostHas('/etc/resolv.conf')) return [];
  return [...hostFile('/etc/resolv.conf').matchAll(/^nameserver\s+(\S+)/gm)]
    .map(([, address = '']) => address)
    .filter((address) => isIP(address) !== 0 && !address.startsWith('127.') && address !== '::1');
}

/** Names of those that are in a network now; for want of a responder. */
function membersOf(network: NetworkRecord): [name: string, address: string][] {
  const text = hostAnswer(() => JSON.stringify(readMembers(network)));
  const members = JSON.parse(text) as ReturnType<typeof readMembers>;
  return members.flatMap(({ addresses, names }) =>
    names.flatMap((name) => addresses.map((address): [string, string] => [name, address])),
  );
}

const gatewaysOf = ({ gateway, gateway6 }: NetworkRecord): string[] => [
  gateway,
  ...(gateway6 === undefined ? [] : [gateway6]),
];

function serversOf(interfaces: readonly Interface[]): string[] {
  const networks = interfaces.map(({ network }) => network).filter((network) => network !== undefined);
  const servers = networks.filter(responds).flatMap(gatewaysOf);
  const outside = networks.some(({ internal }) => !internal);
  return servers.length > 0 || !outside ? servers : hostServers();
}

/** What the files of a container say; undefined for one that no network, no name and no server was asked for. */
export function filesOf(
  options: readonly NormalizedInterface[],
  hosts: Readonly<Record<string, string>>,
  hostname: string,
  names: LaunchNames,
): NameFiles | undefined {
  const byProgram = options.some(isUserMode);
  const interfaces = byProgram ? [] : resolveInterfaces(options, names);
  const inNetwork = byProgram || interfaces.some(({ network }) => network !== undefined);
  const asked = options.filter(({ dns }) => dns !== undefined);
  if (!inNetwork && asked.length === 0 && Object.keys(hosts).length === 0) return undefined;
  const silent = interfaces
    .map(({ network }) => network)
    .filter((network) => network !== undefined && !responds(network));
  const known = silent.flatMap((network) => membersOf(network as NetworkRecord));
  const given = asked.flatMap(({ dns }) => dns?.servers ?? []);
  const servers = asked.some(({ dns }) => dns?.servers !== undefined)
    ? given
    : [...userModeResolvers(options), ...serversOf(interfaces)];
  return {
    hostname,
    addresses: interfaces.flatMap(({ addresses }) => addresses.map(({ text }) => text)),
    aliases: options.flatMap(({ aliases }) => aliases),
    hosts: { ...Object.fromEntries(known), ...hosts },
    resolver:
      inNetwork || asked.length > 0
        ? {
            servers: servers.slice(0, MOST_SERVERS),
            search: asked.flatMap(({ dns }) => dns?.search ?? []),
            options: asked.flatMap(({ dns }) => dns?.options ?? []),
          }
        : undefined,
  };
}
