/** The root file system of a launch: made where the privileges are, filled below its descriptor, entered at last. */
import { cgroupSystem } from '../cgroup/detect.ts';
import { hostFile, isHostDirectory } from '../host-files.ts';
import { nameFileOperations, placeholderOperations } from '../network/files.ts';
import { filesOf } from '../network/resolver.ts';
import type { NormalizedContainer } from '../options/normalized.ts';
import { AT, MOUNT_ATTR, O, OPEN_TREE } from '../program/constants.ts';
import { HOW } from '../program/contract.ts';
import type { LaunchNames } from '../program/names.ts';
import { type Operation, operation } from '../program/operation.ts';
import type { RootfsContext } from '../rootfs/context.ts';
import { defaultMounts } from '../rootfs/defaults.ts';
import { directoryRoot } from '../rootfs/directory.ts';
import { hostRoot } from '../rootfs/host.ts';
import { maskOperations } from '../rootfs/masks.ts';
import { type MountSteps, mountOperations } from '../rootfs/mounts.ts';
import { defaultWork, overlayRoot } from '../rootfs/overlay.ts';
import { stateDirectories } from '../state/directory.ts';
import { hostnameOf } from './host-names.ts';
import { host } from './sides.ts';

function rootOperations(container: NormalizedContainer, context: RootfsContext): Operation[] {
  const { rootfs } = container;
  if (rootfs.type === 'directory') return directoryRoot(rootfs.path, context);
  if (rootfs.type === 'overlay') return overlayRoot(rootfs, context);
  return hostRoot(
    {
      mountInfo: hostFile('/proc/self/mountinfo'),
      hidden: stateDirectories(),
      isDirectory: isHostDirectory,
      size: rootfs.size,
    },
    context,
  );
}

/** Everything below the new root. */
function mountsOf(container: NormalizedContainer, context: RootfsContext, names: LaunchNames): MountSteps {
  const { v1, unified } = cgroupSystem();
  const hierarchies = [...v1, ...(unified ? [unified] : [])].map(({ version, mountPoint, options }) => ({
    version,
    name: mountPoint.slice(mountPoint.lastIndexOf('/') + 1),
    options,
  }));
  const own = container.mounts.map((mount) => mountOperations(mount, hierarchies, context));
  return {
    clone: own.flatMap(({ clone }) => clone),
    attach: [
      ...(container.defaultMounts ? defaultMounts(context, container.mounts) : []),
      ...(context.ownNetwork ? nameFiles(container, context, names) : []),
      ...own.flatMap(({ attach }) => attach),
      ...maskOperations(container.maskedPaths, container.readonlyPaths, context),
    ],
  };
}

/** What a container in a network finds in /etc. */
function nameFiles(container: NormalizedContainer, { root, slots }: RootfsContext, names: LaunchNames): Operation[] {
  const files = namesIn(container, names);
  return files ? nameFileOperations(files, root, slots) : [];
}

const namesIn = (container: NormalizedContainer, names: LaunchNames) =>
  filesOf(container.network, container.hosts, hostnameOf(container, names), names);

/** Everything of the root file system, in steps of which all but the last may be the host's work in part. */
interface Root extends MountSteps {
  root: Operation[];
  enter: Operation[];
}

/** @param prepared the slot of the root before it is the child's own */
export function rootfsOf(
  container: NormalizedContainer,
  context: RootfsContext,
  prepared: number,
  names: LaunchNames,
): Root {
  // In the host's or a joined mount namespace nothing may be mounted: the root is entered by chroot(2) alone.
  if (container.namespaces.mount !== 'new') {
    const path = container.rootfs.type === 'directory' ? container.rootfs.path : '/';
    return {
      root: [operation('open', { path, flags: O.PATH | O.DIRECTORY, into: context.root })],
      clone: [],
      attach: [],
      enter: [operation('chroot', { root: context.root })],
    };
  }
  const { root } = context;
  const enter = [
    ...(container.readonly
      ? [operation('mountSetattr', { dir: root, flags: AT.EMPTY_PATH, set: MOUNT_ATTR.RDONLY })]
      : []),
    operation('pivotRoot', { root }),
  ];
  const own = prepared === root ? [] : unlockedRoot(prepared, root);
  const files = prepared === root || !context.ownNetwork ? undefined : namesIn(container, names);
  return {
    root: [
      ...rootOperations(container, { ...context, root: prepared }),
      ...(files ? placeholderOperations(files, prepared, context.privileged) : []),
      ...own,
    ],
    ...mountsOf(container, context, names),
    enter,
  };
}

/**
 * The root that the host's side prepared, as the child's own. A descriptor would be of the host's mount namespace; the
 * working directory moves along into the child's copy. Mounts that came along are locked, and pivot_root(2) refuses a
 * locked one: a recursive clone is the namespace's own at its top, and what is below stays locked together, so that
 * nothing can be uncovered.
 */
function unlockedRoot(prepared: number, root: number): Operation[] {
  return [
    operation('fchdir', { directory: prepared }, host),
    operation('open', { path: '.', flags: O.PATH | O.DIRECTORY, into: prepared }),
    operation('openTree', { dir: prepared, flags: OPEN_TREE.CLONE | AT.RECURSIVE, into: root }),
    operation('moveMount', { from: root, dir: prepared, target: '/', how: HOW.nofollow }),
  ];
}

/** The work directory that we made beside the caller's upper directory. */
export function undoRootfs({ rootfs }: NormalizedContainer): Operation[] {
  if (rootfs.type !== 'overlay' || rootfs.upper === undefined || rootfs.work !== defaultWork(rootfs.upper)) return [];
  return [operation('removeTree', { path: rootfs.work }, { actor: 'undo' })];
}
