/** What every container has unless it says otherwise: /proc, /sys, /dev with its devices, pts, shm and mqueue. */

import { AT, MOUNT_ATTR, MS, O, OPEN_TREE } from '../program/constants.ts';
import { HOW } from '../program/contract.ts';
import { type Operation, operation } from '../program/operation.ts';
import type { RootfsContext } from './context.ts';

/** mem(4), null(4), random(4), tty(4). */
export const DEVICES = ['null', 'zero', 'full', 'random', 'urandom', 'tty'] as const;

const LINKS: Readonly<Record<string, string>> = {
  fd: '/proc/self/fd',
  stdin: '/proc/self/fd/0',
  stdout: '/proc/self/fd/1',
  stderr: '/proc/self/fd/2',
  ptmx: 'pts/ptmx',
};

const RESTRICTED = MS.NOSUID | MS.NODEV | MS.NOEXEC;
/** Every target must be an ordinary directory, not a link that the image put there (CVE-2019-19921, CVE-2026-41579). */
const how = HOW.create | HOW.nofollow;

/** A file system of the host, shown instead of a new one that this user namespace may not mount. */
function bound(path: string, flags: number, context: RootfsContext): Operation[] {
  const actor = context.privileged;
  const slot = context.slots.reserve(`mount ${path}`);
  return [
    operation('openTree', { path, flags: OPEN_TREE.CLONE | AT.RECURSIVE, into: slot }, { actor }),
    operation('mountSetattr', { dir: slot, flags: AT.EMPTY_PATH | AT.RECURSIVE, set: flags }, { actor }),
    operation('moveMount', { from: slot, dir: context.root, target: path, how }),
  ];
}

function mount(type: string, target: string, flags: number, data: string, context: RootfsContext): Operation {
  return operation('mount', { source: type, dir: context.root, target, type, flags, data, how });
}

/** What the caller mounts: a kind of file system and where. */
type Own = readonly { readonly type: string; readonly target: string }[];

/**
 * These exist once in each namespace, and the kernel refuses one on top of itself (EBUSY): with other options the caller's takes
 * the place of the default one.
 */
const isGiven = (own: Own, type: 'proc' | 'sysfs' | 'mqueue', target: string): boolean =>
  own.some((each) => each.type === type && each.target === target);

/** proc(5) shows a pid namespace and sysfs(5) a network namespace: only their owners may mount them. */
function procAndSys(context: RootfsContext, own: Own): Operation[] {
  const { userNamespace, ownPid, ownNetwork } = context;
  const proc =
    userNamespace && !ownPid ? bound('/proc', RESTRICTED, context) : [mount('proc', '/proc', RESTRICTED, '', context)];
  const flags = RESTRICTED | MS.RDONLY;
  const sys = ownNetwork ? [mount('sysfs', '/sys', flags, '', context)] : bound('/sys', flags, context);
  return [...(isGiven(own, 'proc', '/proc') ? [] : proc), ...(isGiven(own, 'sysfs', '/sys') ? [] : sys)];
}

/**
 * The host's own nodes, each bound in: everything else in the container is mounted nodev, so that no other device can be
 * opened, whatever capabilities and images bring. Read-only mounts: devices are written to all the same, but chmod(2)
 * would act on the host's node. (Docker allows nodes everywhere and has a device cgroup, which
 * takes longer and is not on every machine.)
 */
const devices = (dev: number, context: RootfsContext): Operation[] =>
  DEVICES.flatMap((name) => {
    const slot = context.slots.reserve(`mount /dev/${name}`);
    return [
      operation(
        'openTree',
        { path: `/dev/${name}`, flags: OPEN_TREE.CLONE, into: slot },
        { actor: context.privileged },
      ),
      operation(
        'mountSetattr',
        { dir: slot, flags: AT.EMPTY_PATH, set: MOUNT_ATTR.RDONLY | MOUNT_ATTR.NOSUID | MOUNT_ATTR.NOEXEC },
        { actor: context.privileged },
      ),
      operation('moveMount', { from: slot, dir: dev, target: name, how }),
    ];
  });

function dev(context: RootfsContext, own: Own): Operation[] {
  const slot = context.slots.reserve('/dev', '/dev');
  const directory = (path: string) => operation('mkdir', { dir: slot, path, mode: 0o755 });
  // gid 5 is Debian's and most others' `tty`; a user namespace may not map it.
  const ptsOptions = `newinstance,ptmxmode=0666,mode=0620${context.userNamespace ? '' : ',gid=5'}`;
  // A message queue file system belongs to an ipc namespace's owner; without one of its own there is nothing to show.
  const queues =
    (context.userNamespace && !context.ownIpc) || isGiven(own, 'mqueue', '/dev/mqueue')
      ? []
      : [mount('mqueue', '/dev/mqueue', RESTRICTED, '', context)];
  return [
    mount('tmpfs', '/dev', RESTRICTED | MS.STRICTATIME, 'mode=0755,size=64k', context),
    operation('open', { dir: context.root, path: '/dev', flags: O.PATH | O.DIRECTORY, into: slot }),
    ...devices(slot, context),
    ...Object.entries(LINKS).map(([path, target]) => operation('symlink', { dir: slot, path, target })),
    ...['pts', 'shm', 'mqueue'].map(directory),
    mount('devpts', '/dev/pts', MS.NOSUID | MS.NOEXEC, ptsOptions, context),
    mount('tmpfs', '/dev/shm', RESTRICTED, 'mode=1777,size=64m', context),
    ...queues,
  ];
}

/** The default mounts, before the caller's own. */
export const defaultMounts = (context: RootfsContext, own: Own = []): Operation[] => [
  ...procAndSys(context, own),
  ...dev(context, own),
];
