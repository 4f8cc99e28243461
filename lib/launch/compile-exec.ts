/** A further process in a running container, as a launch program. */
import { readFileSync } from 'node:fs';
import type { Placement } from '../cgroup/placement.ts';
import { joinRunning } from '../cgroup/program.ts';
import { oomKills } from '../cgroup/usage.ts';
import type { NormalizedCommand, NormalizedContainer, NormalizedProcess } from '../options/normalized.ts';
import { O } from '../program/constants.ts';
import { PROGRAM_FLAGS } from '../program/contract.ts';
import { type Operation, operation } from '../program/operation.ts';
import { SlotTable } from '../program/slots.ts';
import { availableCapabilities } from '../security/available.ts';
import { labelOperations } from '../security/labels.ts';
import { oomScoreOperations, rlimitOperations } from '../security/limits.ts';
import { sessionKeyring } from '../security/privileges.ts';
import { becomeNamespaceRoot, mayChangeGroups, setDumpable } from '../security/user-namespace.ts';
import { isBornFiltered } from './born-filtered.ts';
import type { Compiled } from './compiled.ts';
import { NAMESPACE_NAMES, NAMESPACES } from './namespaces.ts';
import {
  type FinalOptions,
  lastOperations,
  listenerSlot,
  settleOperations,
  terminalOperations,
} from './process-operations.ts';
import { host } from './sides.ts';

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
 * or not (CVE-2016-9962). So it is born with the command's own identity, capabilities and filter.
 */
export function compileExec(
  container: NormalizedContainer,
  command: NormalizedCommand,
  ownStdio: number,
  placement: Placement,
): Compiled {
  const { process } = command;
  const userNamespace = container.userNamespace !== undefined;
  const slots = new SlotTable(1);
  const { born, join } = joinRunning(placement);
  const root = slots.reserve('/', '/');
  const available = availableCapabilities(userNamespace);
  const bornFiltered = isBornFiltered(container, command, available);
  const final: FinalOptions = {
    init: false,
    createCwd: false,
    ownStdio,
    available,
    setgroups: mayChangeGroups(container.userNamespace),
    listener: listenerSlot(process, slots),
    settlesWithFilter: bornFiltered,
  };
  const settle = [
    ...(userNamespace ? [becomeNamespaceRoot(container.userNamespace)] : []),
    operation('open', { path: '/', flags: O.PATH | O.DIRECTORY, into: root }),
    ...terminalOperations(process, root, false),
    sessionKeyring(),
    ...settleOperations(command, final),
  ];
  const clone = operation('clone', { filtered: bornFiltered ? 1 : 0 }, host);
  // A filter that lets no process be made comes after that, and where it takes CAP_SYS_ADMIN it comes before all else.
  const settlesAlone = !bornFiltered && !process.noNewPrivileges && process.seccomp !== 'unconfined';
  const operations = [
    ...join,
    ...oomScore(process, container),
    ...labelOperations(process, slots, 'host'),
    // One call joins them all (Linux 5.8), and the pidfd cannot come to mean another process meanwhile.
    operation('setns', { descriptor: 3, flags: joinableNamespaces(container) }, host),
    // Limits are raised before privileges go, and lowered by the child.
    ...(settlesAlone
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
