/**
 * /etc/hosts, /etc/hostname and /etc/resolv.conf of a container in a network: private files on a small tmpfs of the
 * container's own, each bound onto its place. Nothing is written to the root file system, where the way to a file may be a
 * link to one of the host's (the class of CVE-2025-24965), and no lower directory that others share is changed. Where there
 * is no file to bind onto, an empty one is made, resolved inside of the root.
 *
 * What is written is one name, address or option at a time, and each was checked to be one when it came in: none can end
 * its line and begin another (the class of CVE-2022-4318).
 */
import { MNT, MOUNT_ATTR, O, OPEN_TREE } from '../program/constants.ts';
import { type Actor, HOW } from '../program/contract.ts';
import { type Operation, operation } from '../program/operation.ts';
import type { SlotTable } from '../program/slots.ts';

/** What the files say. */
export interface NameFiles {
  hostname: string;
  /** Addresses of the container, as text. */
  addresses: readonly string[];
  aliases: readonly string[];
  /** Further lines of /etc/hosts: name → address. */
  hosts: Readonly<Record<string, string>>;
  /** Undefined: /etc/resolv.conf stays as it is. */
  resolver: { servers: readonly string[]; search: readonly string[]; options: readonly string[] } | undefined;
}

const LOCAL = ['127.0.0.1 localhost', '::1 localhost ip6-localhost ip6-loopback'];

const lines = (all: readonly string[]): string => all.map((line) => `${line}\n`).join('');

/** The files' texts, by their paths. */
export function textsOf({
  hostname,
  addresses,
  aliases,
  hosts,
  resolver,
}: NameFiles): Readonly<Record<string, string>> {
  const own = addresses.map((address) => [address, hostname, ...aliases].join(' '));
  const alone = addresses.length === 0 ? [`127.0.1.1 ${[hostname, ...aliases].join(' ')}`] : [];
  const more = Object.entries(hosts).map(([name, address]) => `${address} ${name}`);
  return {
    '/etc/hosts': lines([...LOCAL, ...own, ...alone, ...more]),
    '/etc/hostname': lines([hostname]),
    ...(resolver && {
      '/etc/resolv.conf': lines([
        ...(resolver.search.length > 0 ? [`search ${resolver.search.join(' ')}`] : []),
        ...resolver.servers.map((server) => `nameserver ${server}`),
        ...(resolver.options.length > 0 ? [`options ${resolver.options.join(' ')}`] : []),
      ]),
    }),
  };
}

const REGULAR = 0o100000;

/** Their operations, once the root is there and before it is entered. */
export function nameFileOperations(content: NameFiles, root: number, slots: SlotTable): Operation[] {
  const store = slots.reserve('files of the network');
  const files = Object.entries(textsOf(content)).map(([path, text]) => {
    const name = path.slice(path.lastIndexOf('/') + 1);
    return { path, name, text, slot: slots.reserve(path) };
  });
  return [
    operation('newMount', {
      type: 'tmpfs',
      options: ['mode=0755', 'size=64k', 'nr_inodes=8'],
      attributes: MOUNT_ATTR.NOSUID | MOUNT_ATTR.NODEV | MOUNT_ATTR.NOEXEC,
      into: store,
    }),
    // Before Linux 6.15 what is attached nowhere cannot be cloned: for a moment it lies on top of the root, which is known
    // by its descriptor.
    operation('moveMount', { from: store, dir: root, target: '/', how: HOW.nofollow }),
    ...files.flatMap(({ name, text, slot }) => [
      // The mode is exact, whatever the umask.
      operation('mknod', { dir: store, path: name, mode: REGULAR | 0o644 }),
      operation('write', { dir: store, path: name, flags: O.WRONLY, data: text }),
      operation('openTree', { dir: store, path: name, flags: OPEN_TREE.CLONE, into: slot }),
    ]),
    operation('umount', { dir: store, path: '.', flags: MNT.DETACH }),
    operation('close', { descriptor: store }),
    // Not before: while something lies on the root, `..` of the root would step onto it.
    ...files.flatMap(({ path, slot }) => [
      operation('moveMount', { from: slot, dir: root, target: path, how: HOW.create }),
      operation('close', { descriptor: slot }),
    ]),
  ];
}

/**
 * Empty files to bind onto, made by who may: in a user namespace of its own the container's root may not be allowed to.
 * Where there is something already, a link that leads nowhere too, nothing is done.
 */
export const placeholderOperations = (content: NameFiles, root: number, actor: Actor): Operation[] =>
  Object.keys(textsOf(content)).map((path) =>
    operation('mknod', { dir: root, path, mode: REGULAR | 0o644 }, { actor, tolerate: ['EEXIST', 'ENOENT'] }),
  );
