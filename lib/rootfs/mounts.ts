/** Mounts that the caller asked for. Targets are resolved in the root, through descriptors (native/sys/path.h). */

import { AT, MS, OPEN_TREE } from '../program/constants.ts';
import { HOW } from '../program/contract.ts';
import { type Operation, operation } from '../program/operation.ts';
import { idmapped, type RootfsContext } from './context.ts';
import { mountFlags, PROPAGATION } from './flags.ts';

/** A mount as lib/options leaves it: paths absolute, defaults filled in. */
export interface Mount {
  type: 'bind' | 'rbind' | 'tmpfs' | 'proc' | 'sysfs' | 'devpts' | 'mqueue' | 'cgroup';
  source: string;
  target: string;
  options: readonly string[];
  propagation: 'private' | 'rprivate' | 'slave' | 'rslave' | 'shared' | 'rshared' | 'unbindable' | 'runbindable';
}

/**
 * The operations of a mount in two steps. Sources are cloned first, while this mount namespace is still what it was a
 * copy of: a mount that is to be `shared` must be the host's peer. Then everything is made a slave, and attached.
 */
export interface MountSteps {
  clone: Operation[];
  attach: Operation[];
}

/**
 * A bind mount in two halves: the source is cloned while the host's paths can be seen, and attached later. The clone is
 * given its attributes before it is attached, so it is never there without them.
 */
function bind(mount: Mount, context: RootfsContext): MountSteps {
  const actor = context.privileged;
  const recursive = mount.type === 'rbind';
  const source = context.slots.reserve(`mount ${mount.source}`);
  const flags = mountFlags(mount.options);
  const dir = source;
  const operations: Operation[] = [
    operation(
      'openTree',
      { path: mount.source, flags: OPEN_TREE.CLONE | (recursive ? AT.RECURSIVE : 0), into: source },
      { actor },
    ),
    // What has no idmapped mounts (/dev, /proc, another machine's files) has nobody's files in it.
    ...idmapped(source, context, 'EINVAL'),
  ];
  const attributes = (below: boolean, set: number, clear: number, propagation: number) => {
    if (set || clear || propagation)
      operations.push(
        operation(
          'mountSetattr',
          { dir, flags: AT.EMPTY_PATH | (below ? AT.RECURSIVE : 0), set, clear, propagation },
          { actor },
        ),
      );
  };
  const propagation = mount.propagation.replace(/^r/, '') as keyof typeof PROPAGATION;
  const propagatesBelow = mount.propagation.startsWith('r');
  attributes(true, flags.recursiveSet, flags.recursiveClear, propagatesBelow ? PROPAGATION[propagation] : 0);
  attributes(false, flags.set, flags.clear, propagatesBelow ? 0 : PROPAGATION[propagation]);
  return {
    clone: operations,
    attach: [operation('moveMount', { from: source, dir: context.root, target: mount.target, how: HOW.create })],
  };
}

/** A new file system of a kind that any user namespace may mount. */
function fileSystem(mount: Mount, context: RootfsContext): Operation[] {
  const flags = mountFlags(mount.options);
  // CVE-2019-19921: proc and sysfs go onto an ordinary directory, or masks would be put elsewhere than the files.
  const how = mount.type === 'tmpfs' ? HOW.create : HOW.create | HOW.nofollow;
  const { source, target } = mount;
  const operations: Operation[] = [
    operation('mount', { source, dir: context.root, target, type: mount.type, flags: flags.ms, data: flags.data, how }),
  ];
  if (mount.propagation !== 'private' && mount.propagation !== 'rprivate')
    operations.push(
      operation('mountSetattr', {
        dir: context.root,
        path: target,
        propagation: PROPAGATION[mount.propagation.replace(/^r/, '') as keyof typeof PROPAGATION],
      }),
    );
  return operations;
}

/**
 * The cgroup hierarchies, read-only: a container that can write to a v1 hierarchy owns the machine by way of
 * release_agent (CVE-2022-0492). In a cgroup namespace a v2 mount shows the container's own subtree.
 */
function cgroups(mount: Mount, hierarchies: readonly CgroupHierarchy[], context: RootfsContext): Operation[] {
  const flags = mountFlags(mount.options).ms | MS.RDONLY | MS.NOSUID | MS.NODEV | MS.NOEXEC;
  const how = HOW.create | HOW.nofollow;
  const at = (target: string, type: string, data: string, extra = 0) =>
    operation('mount', { source: 'cgroup', dir: context.root, target, type, flags: flags | extra, data, how });
  const [first] = hierarchies;
  if (hierarchies.length === 1 && first?.version === 2) return [at(mount.target, 'cgroup2', '')];
  const tmpfs = operation('mount', {
    source: 'cgroup',
    dir: context.root,
    target: mount.target,
    type: 'tmpfs',
    flags: MS.NOSUID | MS.NODEV | MS.NOEXEC,
    data: 'mode=0755',
    how,
  });
  return [
    tmpfs,
    ...hierarchies.map(({ version, name, options }) =>
      version === 2 ? at(`${mount.target}/${name}`, 'cgroup2', '') : at(`${mount.target}/${name}`, 'cgroup', options),
    ),
    operation('mountSetattr', { dir: context.root, path: mount.target, set: MS.RDONLY }),
  ];
}

/** A mounted hierarchy of the host, as lib/cgroup finds it. */
export interface CgroupHierarchy {
  version: 1 | 2;
  /** Directory name below /sys/fs/cgroup. */
  name: string;
  /** v1 mount options: the controllers, or `none,name=x`. */
  options: string;
}

/** The operations of one mount. */
export function mountOperations(
  mount: Mount,
  hierarchies: readonly CgroupHierarchy[],
  context: RootfsContext,
): MountSteps {
  switch (mount.type) {
    case 'bind':
    case 'rbind':
      return bind(mount, context);
    case 'cgroup':
      return { clone: [], attach: cgroups(mount, hierarchies, context) };
    default:
      return { clone: [], attach: fileSystem(mount, context) };
  }
}
