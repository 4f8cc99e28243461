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
import type { Placement } from '../cgroup/placement.ts';
import {
  birthPlace,
  createCgroups,
  joinByDescriptors,
  joinCgroups,
  killCgroup,
  undoCgroups,
} from '../cgroup/program.ts';
import { usageFiles } from '../cgroup/usage.ts';
import { type NetworkOperations, networkOperations } from '../network/veth.ts';
import type { NormalizedCommand, NormalizedContainer } from '../options/normalized.ts';
import type { NamespaceName } from '../options/types.ts';
import { CLONE, MS } from '../program/constants.ts';
import { type Actor, PROGRAM_FLAGS } from '../program/contract.ts';
import type { LaunchNames } from '../program/names.ts';
import { type Operation, operation } from '../program/operation.ts';
import { SlotTable } from '../program/slots.ts';
import type { RootfsContext } from '../rootfs/context.ts';
import { availableCapabilities } from '../security/available.ts';
import { labelOperations } from '../security/labels.ts';
import { oomScoreOperations } from '../security/limits.ts';
import { sessionKeyring } from '../security/privileges.ts';
import { sysctlOperations } from '../security/sysctl.ts';
import { hostId, idmapOperation, leaseOperations, mayChangeGroups, setDumpable } from '../security/user-namespace.ts';
import { stateDirectoryPaths } from '../state/directory.ts';
import type { Compiled } from './compiled.ts';
import { hookOperations } from './hooks.ts';
import { hostNames, hostnameOf } from './host-names.ts';
import { monitorCgroup, monitorOperations, undoEphemeral } from './monitor.ts';
import { NAMESPACE_NAMES, NAMESPACES } from './namespaces.ts';
import {
  type FinalOptions,
  lastOperations,
  listenerSlot,
  settleOperations,
  terminalOperations,
} from './process-operations.ts';
import { rootfsOf, undoRootfs } from './root.ts';
import { besides, by, connected, host, idMaps } from './sides.ts';

/** Flags of the namespaces that are to be new. */
function newNamespaces(container: NormalizedContainer, beforeClone: boolean): number {
  let flags = 0;
  for (const name of NAMESPACE_NAMES)
    if (container.namespaces[name] === 'new' && NAMESPACES[name].beforeClone === beforeClone)
      flags |= NAMESPACES[name].flag;
  return flags;
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

/**
 * The program that starts a container's first process. A pure function of its arguments, but for what host-files.ts reads.
 * @param joined namespaces whose descriptors the request brings, in this order
 * @param ownStdio bits of the standard streams that are pipes made for this process
 * @param placement where its cgroups go, by the same names
 */
export function compileLaunch(
  container: NormalizedContainer,
  command: NormalizedCommand,
  joined: readonly NamespaceName[],
  names: LaunchNames,
  ownStdio: number,
  placement: Placement,
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
    settlesWithFilter: false,
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
    ...hookOperations(container.hooks.preMount, container, context.stage),
    ...by('child', rootfs.root),
    ...by('child', rootfs.attach),
    ...terminal,
    ...sysctlOperations(container.sysctl, container.namespaces),
    ...oomScoreOperations(process, 'child'),
    ...besides(network.beside),
    ...hookOperations(container.hooks.createContainer, container, context.stage),
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

/** Its network namespace is made before the others, see network/link-operations.ts. */
const lendsInterface = ({ namespaces, network }: NormalizedContainer): boolean =>
  namespaces.network === 'new' && network.some(({ link }) => link.type === 'move');

const NO_NETWORK: NetworkOperations = { before: [], after: [], beside: [], undo: [], namespace: false };
