/**
 * Launches, ready to be requested. Most launches of a program are of a few kinds: the same options, other names, another
 * command. The programs of a kind differ in nothing else, so each kind is compiled and encoded once, with marks for
 * names, and a launch costs a copy. Equal options are one object (lib/options/interned.ts), by which a kind is found;
 * what was compiled from the host's files of the moment is kept for no other launch.
 */
import { cgroupSystem } from '../cgroup/detect.ts';
import type { Usage } from '../cgroup/usage.ts';
import { hostReads } from '../host-files.ts';
import type { NormalizedCommand, NormalizedContainer, NormalizedProcess } from '../options/normalized.ts';
import type { NamespaceName } from '../options/types.ts';
import { Template } from '../program/encode.ts';
import { type LaunchNames, MARKS, named, splitAtMarks } from '../program/names.ts';
import type { Operation } from '../program/operation.ts';
import type { SlotTable } from '../program/slots.ts';
import { type Compiled, compileExec, compileLaunch } from './compile.ts';
import { execOperation } from './process-operations.ts';

export interface Prepared {
  program: Uint8Array;
  undo: Uint8Array | undefined;
  atExit: Uint8Array | undefined;
  exitFiles: string[];
  /** Understands what the exit files say. */
  usage(texts: readonly (string | null)[]): Usage;
  /** The program for people and for messages; of a known kind it is compiled anew, since few launches are asked. */
  explain(): { operations: readonly Operation[]; slots: SlotTable };
}

/** What launches of one kind have in common. */
interface Kind {
  program: Template;
  undo: Template | undefined;
  atExit: Template | undefined;
  /** Each as its parts. */
  exitFiles: readonly (readonly string[])[];
  usage: Compiled['usage'];
}

type Compile = (names: LaunchNames) => Compiled;

/** Bytes: mounts and layers by the hundred are rarely given twice. */
const LARGEST = 64 * 1024;

/** By container, process and own streams, which are all that compilation looks at; false: to be compiled for each launch. */
type Kinds = WeakMap<NormalizedContainer, WeakMap<NormalizedProcess, (Kind | false)[]>>;

let kinds: Record<'launches' | 'execs', Kinds> = { launches: new WeakMap(), execs: new WeakMap() };
/** The machine that they were made for. */
let system: unknown;

const template = (operations: readonly Operation[]): Template | undefined =>
  operations.length > 0 ? new Template(operations) : undefined;

function kindOf({ operations, slots, flags, cloneFlags, cgroup, undo, atExit, exitFiles, usage }: Compiled): Kind {
  return {
    program: new Template(operations.slice(0, -1), { flags, cloneFlags, cgroup, slots }, true),
    undo: template(undo),
    atExit: template(atExit),
    exitFiles: exitFiles.map((path) => splitAtMarks(path) ?? [path]),
    usage,
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

/** Made when it is new; false when its launches have to be compiled one by one. */
function findKind(
  all: Kinds,
  container: NormalizedContainer,
  process: NormalizedProcess,
  ownStdio: number,
  compile: Compile,
): Kind | false {
  const known = ensure(
    ensure(all, container, () => new WeakMap()),
    process,
    () => [],
  );
  const found = known[ownStdio];
  if (found !== undefined) return found;
  const reads = hostReads();
  const made = kindOf(compile(MARKS));
  const kind = hostReads() === reads && made.program.size <= LARGEST && made;
  known[ownStdio] = kind;
  return kind;
}

function prepare(
  what: 'launches' | 'execs',
  container: NormalizedContainer,
  command: NormalizedCommand,
  ownStdio: number,
  names: LaunchNames,
  compile: Compile,
): Prepared {
  if (system !== cgroupSystem()) {
    kinds = { launches: new WeakMap(), execs: new WeakMap() };
    system = cgroupSystem();
  }
  const kind = findKind(kinds[what], container, command.process, ownStdio, compile);
  const compiled = kind ? undefined : compile(names);
  const { program, undo, atExit, exitFiles, usage } = kind || kindOf(compiled as Compiled);
  const files = exitFiles.map((parts) => named(parts, names));
  return {
    program: program.fill(names, execOperation(command)),
    undo: undo?.fill(names),
    atExit: atExit?.fill(names),
    exitFiles: files,
    usage: usage(files),
    explain: () => compiled ?? compile(names),
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
  const compile: Compile = (given) => compileLaunch(container, command, joined, given, ownStdio);
  return prepare('launches', container, command, ownStdio, names, compile);
}

/** A further process of a container that runs. */
export function prepareExec(
  container: NormalizedContainer,
  command: NormalizedCommand,
  names: LaunchNames,
  ownStdio: number,
): Prepared {
  const compile: Compile = (given) => compileExec(container, command, given, ownStdio);
  return prepare('execs', container, command, ownStdio, names, compile);
}
