/**
 * Options to launch programs: asks each room for its operations and puts them in order. The order is the product:
 *
 *   cgroups   before the cgroup namespace, which roots itself where the process is
 *   sockets   of the host's network namespace before a new one is entered
 *   unshare   all at once
 *   mounts    below the new root's descriptor, before pivot_root (native/launcher/operations_mount.cpp says why)
 *   sysctls   through the host's /proc, which no image can forge
 *   pivot     and from here on no path leads to the host
 *   identity  bounding set while CAP_SETPCAP is there, ids, capability sets, no_new_privs
 *   exec
 *
 * With a user namespace of its own a process lacks the host's privileges: an intermediate (actor `host`) does what needs
 * them, in a mount namespace of which the child gets a copy, then clones the child, writes its id maps, and lays the
 * veth into its network namespace.
 */
import { readFileSync } from 'node:fs';
import { cgroupSystem } from '../cgroup/detect.ts';
import { DETACHED_PARENT, fromRoots, type Placement, placeCgroup } from '../cgroup/placement.ts';
import {
  birthPlace,
  createCgroups,
  joinByDescriptors,
  joinCgroups,
  joinRunning,
  killCgroup,
  undoCgroups,
} from '../cgroup/program.ts';
import { oomKills, type Usage, usageFiles } from '../cgroup/usage.ts';
import { hostFile, isHostDirectory } from '../host-files.ts';
import { nameFileOperations, placeholderOperations } from '../network/files.ts';
import { filesOf } from '../network/resolver.ts';
import { type NetworkOperations, networkOperations } from '../network/veth.ts';
import type { NormalizedCommand, NormalizedContainer, NormalizedProcess } from '../options/normalized.ts';
import type { NamespaceName } from '../options/types.ts';
import { AT, CLONE, MOUNT_ATTR, MS, O, OPEN_TREE } from '../program/constants.ts';
import { type Actor, HOW, PROGRAM_FLAGS } from '../program/contract.ts';
import type { LaunchNames } from '../program/names.ts';
import { type Operation, operation } from '../program/operation.ts';
import { SlotTable } from '../program/slots.ts';
import type { RootfsContext } from '../rootfs/context.ts';
import { defaultMounts } from '../rootfs/defaults.ts';
import { directoryRoot } from '../rootfs/directory.ts';
import { hostRoot } from '../rootfs/host.ts';
import { maskOperations } from '../rootfs/masks.ts';
import { type MountSteps, mountOperations } from '../rootfs/mounts.ts';
import { defaultWork, overlayRoot } from '../rootfs/overlay.ts';
import { availableCapabilities } from '../security/available.ts';
import { labelOperations } from '../security/labels.ts';
import { oomScoreOperations, rlimitOperations } from '../security/limits.ts';
import { sessionKeyring } from '../security/privileges.ts';
import { sysctlOperations } from '../security/sysctl.ts';
import {
  becomeNamespaceRoot,
  hostId,
  idmapOperation,
  leaseOperations,
  mapOperations,
  mayChangeGroups,
  setDumpable,
} from '../security/user-namespace.ts';
import { stateDirectories, stateDirectoryPaths } from '../state/directory.ts';
import { monitorCgroup, monitorOperations, undoEphemeral } from './monitor.ts';
import { NAMESPACE_NAMES, NAMESPACES } from './namespaces.ts';
import {
  type FinalOptions,
  lastOperations,
  listenerSlot,
  settleOperations,
  settlesWithFilter,
  terminalOperations,
} from './process-operations.ts';

/** A program, and what goes with it. Its last operation is the exec. */
export interface Compiled {
  operations: Operation[];
  slots: SlotTable;
  flags: number;
  cloneFlags: number;
  /** The cgroup that the launcher makes and clones into. */
  cgroup: { path: string; depth: number } | undefined;
  /** The cgroup that a monitor is born in. */
  monitorCgroup?: { path: string; depth: number } | undefined;
  undo: Operation[];
  /** Run at the end of the process, before the undo: kills what it may have left behind. */
  atExit: Operation[];
  exitFiles: string[];
  /** To be asked before the launch, with the names of the files; what it gives understands what they say in the end. */
  usage(files: readonly string[]): (texts: readonly (string | null)[]) => Usage;
}

/** Where the cgroups of a launch go. */
export function placementOf(
  container: NormalizedContainer,
  { id, nonce }: LaunchNames,
  system = cgroupSystem(),
): Placement {
  const { resources, cgroupParent, detached } = container;
  return detached
    ? placeCgroup(fromRoots(system), `${id}-${nonce}`, resources, cgroupParent ?? DETACHED_PARENT)
    : placeCgroup(system, `${id}-${nonce}`, resources, cgroupParent);
}

/** What the host's side and the child's tell each other. */
const MARK = { mapped: 1, unshared: 2, connected: 3, published: 4 } as const;

const by = (actor: Actor, operations: readonly Operation[]): Operation[] =>
  operations.filter((each) => each.actor === actor);

const host = { actor: 'host' } as const;

/** Flags of the namespaces that are to be new. */
function newNamespaces(container: NormalizedContainer, beforeClone: boolean): number {
  let flags = 0;
  for (const name of NAMESPACE_NAMES)
    if (container.namespaces[name] === 'new' && NAMESPACES[name].beforeClone === beforeClone)
      flags |= NAMESPACES[name].flag;
  return flags;
}

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
      ...(container.defaultMounts ? defaultMounts(context) : []),
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

function rootfsOf(container: NormalizedContainer, context: RootfsContext, prepared: number, names: LaunchNames): Root {
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
function undoRootfs({ rootfs }: NormalizedContainer): Operation[] {
  if (rootfs.type !== 'overlay' || rootfs.upper === undefined || rootfs.work !== defaultWork(rootfs.upper)) return [];
  return [operation('removeTree', { path: rootfs.work }, { actor: 'undo' })];
}

/** time_namespaces(7): offsets can be written between unshare(2) and the first child. */
function timeNamespace(container: NormalizedContainer): Operation[] {
  if (container.namespaces.time !== 'new') return [];
  const operations = [operation('unshare', { flags: CLONE.NEWTIME }, host)];
  const lines = Object.entries(container.timeOffsets ?? {}).map(([clock, seconds]) => {
    const whole = Math.floor(seconds);
    return `${clock} ${whole} ${Math.round((seconds - whole) * 1e9)}\n`;
  });
  if (lines.length > 0)
    operations.push(operation('write', { path: '/proc/self/timens_offsets', data: Buffer.from(lines.join('')) }, host));
  return operations;
}

function hostNames(container: NormalizedContainer, { id }: LaunchNames): Operation[] {
  const { domainname } = container;
  const hostname = container.hostname ?? (container.namespaces.uts === 'new' ? id : undefined);
  return [
    ...(hostname === undefined ? [] : [operation('sethostname', { name: hostname })]),
    ...(domainname === undefined ? [] : [operation('setdomainname', { name: domainname })]),
  ];
}

/**
 * The program that starts a container's first process. A pure function of its arguments, but for what host-files.ts reads.
 * @param joined namespaces whose descriptors the request brings, in this order
 * @param ownStdio bits of the standard streams that are pipes made for this process
 */
export function compileLaunch(
  container: NormalizedContainer,
  command: NormalizedCommand,
  joined: readonly NamespaceName[],
  names: LaunchNames,
  ownStdio: number,
  placement = placementOf(container, names),
): Compiled {
  const { process } = command;
  const slots = new SlotTable(joined.length);
  const joins = (beforeClone: boolean, actor: Actor) =>
    joined.flatMap((name, index) => {
      const { flag, beforeClone: early } = NAMESPACES[name];
      return early === beforeClone ? [operation('setns', { descriptor: 3 + index, flags: flag }, { actor })] : [];
    });
  const userNamespace = container.namespaces.user !== 'host';
  const early = newNamespaces(container, true);
  const late = newNamespaces(container, false) & (lendsInterface(container) ? ~CLONE.NEWNET : ~0);
  // A new pid namespace alone is the launcher's own clone. What else must come before the process needs an intermediate.
  const publishes = container.network.some(({ publish }) => publish.length > 0);
  const split = userNamespace || publishes || container.namespaces.time === 'new' || joins(true, 'host').length > 0;
  const ids = container.userNamespace;
  // Not root's: then the host's side has no privileges either, and the child does all in its namespace.
  const unprivileged = ids !== undefined && ids.writer !== 'root';
  const privileged: Actor = userNamespace && !unprivileged ? 'host' : 'child';
  const ownNetwork = container.namespaces.network === 'new';

  const prepared = slots.reserve('/', '/');
  const root = privileged === 'host' ? slots.reserve('/', '/') : prepared;
  const idmap = ids?.idmap ? slots.reserve('id mapping') : undefined;
  const lease = leaseOperations(ids, stateDirectoryPaths().ids, `${names.id}-${names.nonce}`);
  const context: RootfsContext = {
    slots,
    root,
    stage: stateDirectoryPaths().stage,
    privileged,
    owner: ids?.ranges
      ? 'leased'
      : { uid: hostId(ids?.uidMappings ?? [], 0) ?? 0, gid: hostId(ids?.gidMappings ?? [], 0) ?? 0 },
    idmap,
    userNamespace,
    unprivileged,
    ownNetwork,
    ownPid: container.namespaces.pid === 'new',
    ownIpc: container.namespaces.ipc === 'new',
  };
  const network = ownNetwork
    ? networkOperations(
        container.network,
        slots,
        privileged,
        names,
        split ? 'host' : 'child',
        hostnameOf(container, names),
      )
    : NO_NETWORK;
  const rootfs = rootfsOf(container, context, prepared, names);
  const terminal = terminalOperations(process, root, container.namespaces.mount === 'new');
  const privateMounts = (actor: Actor) =>
    late & CLONE.NEWNS || actor === 'host'
      ? [operation('mount', { target: '/', flags: MS.REC | MS.SLAVE }, { actor })]
      : [];
  const unshare = late === 0 ? [] : [operation('unshare', { flags: late })];

  const cgroups = createCgroups(placement, container.resources, split ? 'host' : 'child');
  const before: Operation[] = [];
  if (split) {
    const join = joinByDescriptors(placement, slots);
    before.push(...cgroups, ...join.open, ...lease.take, ...by('host', network.before));
    if (ids && idmap !== undefined) before.push(idmapOperation(ids, idmap));
    if (privileged === 'host' && late & CLONE.NEWNS)
      before.push(
        operation('unshare', { flags: CLONE.NEWNS }, host),
        ...by('host', rootfs.clone),
        ...privateMounts('host'),
      );
    before.push(
      ...by('host', rootfs.attach),
      ...by('host', rootfs.root),
      ...joins(true, 'host'),
      ...(unprivileged ? [setDumpable(1, 'host')] : []),
      ...timeNamespace(container),
      operation('clone', { flags: early & ~CLONE.NEWTIME, cgroup: join.cgroup }, host),
      ...idMaps(container),
      ...join.join,
    );
  } else before.push(...cgroups, ...joinCgroups(placement));

  const final: FinalOptions = {
    init: container.init,
    createCwd: true,
    ownStdio,
    available: availableCapabilities(userNamespace),
    setgroups: mayChangeGroups(ids),
    listener: listenerSlot(process, slots),
  };
  const operations = [
    ...before,
    ...by('child', network.before),
    ...joins(false, 'child'),
    ...unshare,
    ...by('child', rootfs.clone),
    ...privateMounts('child'),
    ...connected(network.after),
    ...hostNames(container, names),
    ...by('child', rootfs.root),
    ...by('child', rootfs.attach),
    ...terminal,
    ...sysctlOperations(container.sysctl, container.namespaces),
    ...oomScoreOperations(process, 'child'),
    ...besides(network.beside),
    ...labelOperations(process, slots, 'child'),
    ...(unprivileged ? [setDumpable(0, 'child')] : []),
    ...rootfs.enter,
    sessionKeyring(),
    ...settleOperations(command, final),
    ...lastOperations(command, final),
  ];
  const usage = usageFiles(placement);
  const undo = [
    ...undoCgroups(placement),
    ...undoRootfs(container),
    ...lease.undo,
    ...network.undo,
    ...undoEphemeral(container.detached, names),
  ];
  if (container.detached) {
    // One program has it all: whoever finds it can run it again, and undo it.
    const monitored = monitorOperations(container.detached, names, {
      usage: usage.files,
      ownPid: container.namespaces.pid === 'new',
    });
    operations.splice(-1, 0, ...monitored, ...undo);
    return {
      operations,
      slots,
      flags: PROGRAM_FLAGS.detached | (split ? PROGRAM_FLAGS.split : late & CLONE.NEWNET ? PROGRAM_FLAGS.network : 0),
      cloneFlags: split ? 0 : early,
      cgroup: split ? undefined : birthPlace(placement),
      monitorCgroup: monitorCgroup(),
      undo: [],
      atExit: [],
      exitFiles: usage.files,
      usage: () => usage.parse,
    };
  }
  return {
    operations,
    slots,
    flags:
      (split ? PROGRAM_FLAGS.split : late & CLONE.NEWNET ? PROGRAM_FLAGS.network : 0) |
      (placement.group ? 0 : PROGRAM_FLAGS.watch),
    cloneFlags: split ? 0 : early,
    cgroup: split ? undefined : birthPlace(placement),
    undo,
    // The end of a pid namespace is the end of all in it; without one, background processes would stay.
    atExit: container.namespaces.pid === 'new' ? [] : killCgroup(placement, 'undo'),
    exitFiles: usage.files,
    usage: () => usage.parse,
  };
}

/** A new user namespace: mapped by the host's side, then the child becomes its root. */
function idMaps({ userNamespace }: NormalizedContainer): Operation[] {
  if (!userNamespace) return [];
  return [
    ...mapOperations(userNamespace),
    ...(userNamespace.writer === 'root' ? [] : [setDumpable(0, 'host')]),
    operation('signal', { number: MARK.mapped }, host),
    operation('await', { number: MARK.mapped }),
    becomeNamespaceRoot(userNamespace),
  ];
}

/** Its network namespace is made before the others, see network/link-operations.ts. */
const lendsInterface = ({ namespaces, network }: NormalizedContainer): boolean =>
  namespaces.network === 'new' && network.some(({ link }) => link.type === 'move');

/** What it is called in its networks. */
const hostnameOf = ({ hostname }: NormalizedContainer, { id }: LaunchNames): string => hostname ?? id;

const NO_NETWORK: NetworkOperations = { before: [], after: [], beside: [], undo: [], namespace: false };

/** What the host's side does while the child goes on, and the child waits for at last. */
function besides(operations: readonly Operation[]): Operation[] {
  if (operations.length === 0) return [];
  return [
    ...operations,
    operation('signal', { number: MARK.published }, host),
    operation('await', { number: MARK.published }),
  ];
}

/** The host's side lays the veth into the network namespace once the child is in it. */
function connected(after: readonly Operation[]): Operation[] {
  const first = after.findIndex(({ actor }) => actor === 'host');
  if (first < 0) return [...after];
  const rest = after.slice(first);
  return [
    ...after.slice(0, first),
    operation('signal', { number: MARK.unshared }),
    operation('await', { number: MARK.unshared }, host),
    ...by('host', rest),
    operation('signal', { number: MARK.connected }, host),
    operation('await', { number: MARK.connected }),
    ...by('child', rest),
  ];
}

/** Of an exec'd process only this is its own: whether the container's count of OOM kills grew while it ran. */
function oomSince(placement: Placement): Pick<Compiled, 'exitFiles' | 'usage'> {
  const kills = oomKills(placement);
  if (!kills) return { exitFiles: [], usage: () => () => ({ oomKilled: false, oomKills: 0 }) };
  return {
    exitFiles: [kills.file],
    usage: ([file]) => {
      const before = kills.count(readFileSync(file as string, 'utf8'));
      return ([after]) => {
        const oomKills = Math.max(0, kills.count(after ?? null) - before);
        return { oomKilled: oomKills > 0, oomKills };
      };
    },
  };
}

/** Before anything is joined; a plain user may write to its own files in /proc only while it is dumpable. */
function oomScore(process: NormalizedProcess, { userNamespace }: NormalizedContainer): Operation[] {
  const operations = oomScoreOperations(process, 'host');
  if (operations.length === 0 || !userNamespace || userNamespace.writer === 'root') return operations;
  return [setDumpable(1, 'host'), ...operations, setDumpable(0, 'host')];
}

/** Those that are not this program's own. */
const joinableNamespaces = ({ namespaces }: NormalizedContainer): number =>
  NAMESPACE_NAMES.reduce((flags, name) => (namespaces[name] === 'host' ? flags : flags | NAMESPACES[name].flag), 0);

/**
 * The program that starts a further process in a running container: an intermediate joins, its clone executes. Its one
 * descriptor is the pidfd of the container's first process.
 *
 * Only the clone is seen by the container, of which a process with CAP_SYS_PTRACE could take over what it sees, dumpable
 * or not (CVE-2016-9962). So it is born with the command's own identity and capabilities.
 */
export function compileExec(
  container: NormalizedContainer,
  command: NormalizedCommand,
  names: LaunchNames,
  ownStdio: number,
  placement = placementOf(container, names),
): Compiled {
  const { process } = command;
  const userNamespace = container.userNamespace !== undefined;
  const slots = new SlotTable(1);
  const { born, join } = joinRunning(placement);
  const root = slots.reserve('/', '/');
  const final: FinalOptions = {
    init: false,
    createCwd: false,
    ownStdio,
    available: availableCapabilities(userNamespace),
    setgroups: mayChangeGroups(container.userNamespace),
    listener: listenerSlot(process, slots),
  };
  const settle = [
    ...(userNamespace ? [becomeNamespaceRoot(container.userNamespace)] : []),
    operation('open', { path: '/', flags: O.PATH | O.DIRECTORY, into: root }),
    ...terminalOperations(process, root, false),
    sessionKeyring(),
    ...settleOperations(command, final),
  ];
  const clone = operation('clone', {}, host);
  const operations = [
    ...join,
    ...oomScore(process, container),
    ...labelOperations(process, slots, 'host'),
    // One call joins them all (Linux 5.8), and the pidfd cannot come to mean another process meanwhile.
    operation('setns', { descriptor: 3, flags: joinableNamespaces(container) }, host),
    // Filters answer clone3(2) with ENOSYS. Limits are raised before privileges go, and lowered by the child.
    ...(settlesWithFilter(command)
      ? [clone, ...settle]
      : [...settle.map((each) => ({ ...each, ...host })), clone, ...rlimitOperations(process)]),
    ...lastOperations(command, final),
  ];
  return {
    operations,
    slots,
    flags: PROGRAM_FLAGS.split,
    cloneFlags: 0,
    cgroup: born,
    undo: [],
    atExit: [],
    ...oomSince(placement),
  };
}
