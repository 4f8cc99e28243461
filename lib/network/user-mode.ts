/**
 * A plain user's way to a network: pasta(1) or slirp4netns(1), a program of the host's that makes an interface in the
 * container's network namespace and turns what goes through it into sockets of this user. Nobody needs a privilege for
 * that. The host's own loopback stays out of the container's reach, unless `hostLoopback` says otherwise.
 */
import { accessSync, constants } from 'node:fs';
import { createError } from '../errors.ts';
import { hostHas } from '../host-files.ts';
import type { NormalizedInterface, NormalizedPort, UserModeLink } from '../options/normalized.ts';
import { PR } from '../program/constants.ts';
import type { OperationArguments } from '../program/contract.ts';
import { type Operation, operation } from '../program/operation.ts';
import { listener } from './listener.ts';

export type UserModeProgram = UserModeLink['type'];

/** Packages, as most distributions call them. */
const PACKAGES: Readonly<Record<UserModeProgram, string>> = { pasta: 'passt', slirp4netns: 'slirp4netns' };
const DIRECTORIES = ['/usr/bin', '/usr/local/bin', '/bin', '/run/current-system/sw/bin'];
const TUN = '/dev/net/tun';

/** The program's path, or undefined. */
export const findUserMode = (name: UserModeProgram): string | undefined =>
  DIRECTORIES.map((directory) => `${directory}/${name}`).find(hostHas);

/** Why this user's containers cannot have it, or ''. */
export function userModeMissing(name: UserModeProgram): string {
  if (findUserMode(name) === undefined) return `the program ${name} is not installed`;
  try {
    accessSync(TUN, constants.R_OK | constants.W_OK);
    return '';
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' ? `there is no ${TUN}` : `this user may not open ${TUN}`;
  }
}

export const userModeRemedy = (name: UserModeProgram): string =>
  `apt-get install ${PACKAGES[name]}, or the package ${PACKAGES[name]} of your distribution; ` +
  `where ${TUN} is missing: modprobe tun; where it is closed: chmod 666 ${TUN}`;

const userModeOf = (options: readonly NormalizedInterface[]) =>
  options.flatMap((option) =>
    option.link.type === 'pasta' || option.link.type === 'slirp4netns' ? [{ option, link: option.link }] : [],
  );

export const isUserMode = ({ link }: Pick<NormalizedInterface, 'link'>): boolean =>
  link.type === 'pasta' || link.type === 'slirp4netns';

/**
 * Before a launch. @param plain this user is not root
 * @throws {CofferdamError} ERR_UNSUPPORTED for root, which has better, and where the program is missing
 */
export function checkUserMode(options: readonly NormalizedInterface[], plain: boolean): void {
  for (const { link } of userModeOf(options)) {
    const feature = `network: '${link.type}'`;
    if (!plain)
      throw createError('ERR_UNSUPPORTED', {
        feature,
        reason: 'it is for users who are not root',
        hint: "say network: 'bridge'",
      });
    const reason = userModeMissing(link.type);
    if (reason !== '') throw createError('ERR_UNSUPPORTED', { feature, reason, hint: userModeRemedy(link.type) });
  }
}

/** Where names are asked for: an address that the program answers itself, by asking whom the host asks. */
const RESOLVERS: Readonly<Record<UserModeProgram, string>> = { pasta: '169.254.1.1', slirp4netns: '10.0.2.3' };

export const userModeResolvers = (options: readonly NormalizedInterface[]): string[] =>
  userModeOf(options).map(({ link }) => RESOLVERS[link.type]);

const DEFAULT_MTU = 65520;

/** pasta's words for ports: `-t 127.0.0.1/8080:80`. */
function portWords(ports: readonly NormalizedPort[], protocol: 'tcp' | 'udp', option: string): string[] {
  const chosen = ports.filter((each) => each.protocol === protocol);
  if (chosen.length === 0) return [option, 'none'];
  return chosen.flatMap(({ host, container, address }) => [
    option,
    `${address === undefined ? '' : `${address}/`}${host}:${container}`,
  ]);
}

const WORDS: Readonly<Record<UserModeProgram, (option: NormalizedInterface, link: UserModeLink) => string[]>> = {
  pasta: ({ interface: name, mtu = DEFAULT_MTU, publish }, { hostLoopback }) => [
    '--config-net',
    '--quiet',
    // Else the gateway's address is the host's own loopback.
    ...(hostLoopback ? [] : ['--no-map-gw']),
    ...['--ns-ifname', name, '--mtu', String(mtu), '--dns-forward', RESOLVERS.pasta],
    ...portWords(publish, 'tcp', '-t'),
    ...portWords(publish, 'udp', '-u'),
    // Nothing that listens on the host's loopback appears on the container's.
    ...['-T', 'none', '-U', 'none', ''],
  ],
  slirp4netns: ({ interface: name, mtu = DEFAULT_MTU }, { hostLoopback }) => [
    '--configure',
    ...(hostLoopback ? [] : ['--disable-host-loopback']),
    ...['--enable-seccomp', '--mtu', String(mtu), '--ready-fd=3', '--exit-fd=4', '', name],
  ],
};

/** Milliseconds until it must have made its interface; it takes some 20. */
const TIMEOUT = 30_000;

/**
 * The program is started when the container's network namespace is there, and ends with the container.
 * It has to open the child's namespaces, which belong to this user only as long as the child is dumpable.
 */
export const userModeOperations = (options: readonly NormalizedInterface[]): Operation[] =>
  userModeOf(options).flatMap(({ option, link }) => {
    const file = findUserMode(link.type) ?? `${DIRECTORIES[0]}/${link.type}`;
    const argv = [link.type, ...WORDS[link.type](option, link)];
    return [
      operation('prctl', { option: PR.SET_DUMPABLE, arg2: 1 }),
      operation('attend', { file, argv, timeout: TIMEOUT }, { actor: 'host' }),
    ];
  });

/** What its failure means: a port that somebody listens on, or what it wrote. */
export function userModeFailure({ argv = [] }: OperationArguments['attend'], code: string, messages?: string): Error {
  const [name = '', ...words] = argv;
  for (const [index, word] of words.entries()) {
    const [, address, port] = /^(?:(.+)\/)?(\d+):\d+$/.exec(word) ?? [];
    const protocol = words[index - 1] === '-u' ? 'udp' : 'tcp';
    const holder = port === undefined ? undefined : listener(protocol, Number(port));
    if (holder !== undefined)
      return createError('ERR_PORT_IN_USE', { port, protocol, address: address ?? 'every address', holder });
  }
  const said = messages
    ?.replaceAll('\0', '')
    .trim()
    .split('\n')
    .filter((line) => !/syslog/.test(line));
  return createError('ERR_USER_NETWORK', { program: name, code, messages: said?.join('; ') || 'it said nothing' });
}
