/**
 * Launches, ready to be requested. Most launches of a program are of a few kinds: the same options, other names, another
 * command. The programs of a kind differ in nothing else, so each kind is compiled and encoded once, with marks for
 * names, and a launch costs a copy. Equal options are one object (lib/options/interned.ts), by which a kind is found.
 */
import { cgroupSystem } from '../cgroup/detect.ts';
import type { Usage } from '../cgroup/usage.ts';
import { type HostFact, stillHold, withFacts } from '../host-files.ts';
import type { NormalizedCommand, NormalizedContainer, NormalizedProcess } from '../options/normalized.ts';
import type { NamespaceName } from '../options/types.ts';
import { Template } from '../program/encode.ts';
import { type LaunchNames, MARKS, named, nameOperation, nameSlots, splitAtMarks } from '../program/names.ts';
import type { Operation } from '../program/operation.ts';
import type { SlotTable } from '../program/slots.ts';
import { compileLaunch } from './compile.ts';
import { compileExec } from './compile-exec.ts';
import type { Compiled } from './compiled.ts';
import { placementOf } from './placement.ts';
import { execOperation } from './process-operations.ts';

export interface Prepared {
  program: Uint8Array;
  undo: Uint8Array | undefined;
  atExit: Uint8Array | undefined;
  exitFiles: string[];
  /** Understands what the exit files say. */
  usage(texts: readonly (string | null)[]): Usage;
  /** The program for people and for messages. Few launches are asked. */
  explain(): { operations: readonly Operation[]; slots: Pick<SlotTable, 'label' | 'path'> };
}

/** What launches of one kind have in common. */
interface Kind {
  program: Template;
  undo: Template | undefined;
  atExit: Template | undefined;
  /** Each as its parts. */
  exitFiles: readonly (readonly string[])[];
  usage: Compiled['usage'];
  /** All operations but the last. */
  shared: readonly Operation[];
  slots: SlotTable;
  /** What the host said when it was compiled. */
  facts: readonly HostFact[];
}

/** Bytes: mounts and layers by the hundred are rarely given twice. */
const LARGEST = 64 * 1024;

/** By container, process and own streams: all that compilation looks at, but for the host. */
type Kinds = WeakMap<NormalizedContainer, WeakMap<NormalizedProcess, Kind[]>>;

let kinds: Record<'launches' | 'execs', Kinds> = { launches: new WeakMap(), execs: new WeakMap() };
/** The machine that they were made for. */
let system: unknown;

const template = (operations: readonly Operation[], slots?: SlotTable): Template | undefined =>
  operations.length > 0 ? new Template(operations, { ...(slots && { slots }) }) : undefined;

function kindOf(compiled: Compiled, facts: readonly HostFact[]): Kind {
  const { operations, slots, flags, cloneFlags, cgroup, monitorCgroup, undo, atExit, exitFiles, usage } = compiled;
  const shared = operations.slice(0, -1);
  return {
    program: new Template(shared, { flags, cloneFlags, cgroup, monitorCgroup, slots }, true),
    undo: template(undo, slots),
    atExit: template(atExit),
    exitFiles: exitFiles.map((path) => splitAtMarks(path) ?? [path]),
    usage,
    shared,
    slots,
    facts,
  };
}

/** The value of a key, made when it is missing. */
function ensure<Key extends WeakKey, Value>(map: WeakMap<Key, Value>, key: Key, make: () => Value): Value {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = make();
  map.set(key, made);
  return made;
}

/** Made when it is new, or when what it was made of is no longer so. */
function findKind(
  all: Kinds,
  container: NormalizedContainer,
  process: NormalizedProcess,
  ownStdio: number,
  compile: () => Compiled,
): Kind {
  const known = ensure(
    ensure(all, container, () => new WeakMap()),
    process,
    () => [],
  );
  const found = known[ownStdio];
  if (found && stillHold(found.facts)) return found;
  const { made, facts } = withFacts(compile);
  const kind = kindOf(made, facts);
  if (kind.program.size <= LARGEST) known[ownStdio] = kind;
  return kind;
}

function prepare(
  what: 'launches' | 'execs',
  container: NormalizedContainer,
  command: NormalizedCommand,
  ownStdio: number,
  names: LaunchNames,
  compile: () => Compiled,
): Prepared {
  if (system !== cgroupSystem()) {
    kinds = { launches: new WeakMap(), execs: new WeakMap() };
    system = cgroupSystem();
  }
  const kind = findKind(kinds[what], container, command.process, ownStdio, compile);
  const files = kind.exitFiles.map((parts) => named(parts, names));
  const last = execOperation(command);
  return {
    program: kind.program.fill(names, last),
    undo: kind.undo?.fill(names),
    atExit: kind.atExit?.fill(names),
    exitFiles: files,
    usage: kind.usage(files),
    explain: () => ({
      operations: [...kind.shared.map((each) => nameOperation(each, names)), last],
      slots: nameSlots(kind.slots, names),
    }),
  };
}

/**
 * The first process of a container.
 * @param joined the namespaces whose descriptors the request brings, in this order
 * @param ownStdio bits of the standard streams that are pipes made for this process
 */
export function prepareLaunch(
  container: NormalizedContainer,
  command: NormalizedCommand,
  joined: readonly NamespaceName[],
  names: LaunchNames,
  ownStdio: number,
): Prepared {
  const compile = () => compileLaunch(container, command, joined, MARKS, ownStdio, placementOf(container, MARKS));
  return prepare('launches', container, command, ownStdio, names, compile);
}

/** A further process of a container that runs. */
export function prepareExec(
  container: NormalizedContainer,
  command: NormalizedCommand,
  names: LaunchNames,
  ownStdio: number,
): Prepared {
  const compile = () => compileExec(container, command, ownStdio, placementOf(container, MARKS));
  return prepare('execs', container, command, ownStdio, names, compile);
}
