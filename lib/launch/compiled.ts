/** What compilation gives, for a first process and for further ones. */
import type { Usage } from '../cgroup/usage.ts';
import type { Operation } from '../program/operation.ts';
import type { SlotTable } from '../program/slots.ts';

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
