/** What a process gets before its exec, the first of a container and an exec'd one alike. */
import type { NormalizedProcess } from '../options/normalized.ts';
import { type Operation, operation } from '../program/operation.ts';
import type { SlotTable } from '../program/slots.ts';
import { rlimitOperations } from '../security/limits.ts';
import { dropPrivileges } from '../security/privileges.ts';

export interface FinalOptions {
  terminal: number | undefined;
  /** Leave a reaper behind as PID 1. */
  init: boolean;
  /** Make the working directory when it is missing. */
  createCwd: boolean;
  /** Bits of the standard streams that are pipes made for this process, so that its user may open /dev/stdout. */
  ownStdio: number;
  /** Capabilities that can be given. */
  available: bigint;
}

/** A pty of the container's own devpts, and the slot of its terminal. */
export function terminalOperations(process: NormalizedProcess, slots: SlotTable, root: number, console: boolean): { slot: number | undefined; operations: Operation[] } {
  if (!process.tty) return { slot: undefined, operations: [] };
  const slot = slots.reserve('terminal');
  const { rows, columns } = process.tty;
  return { slot, operations: [operation('terminal', { dir: root, rows, columns, console: console ? 1 : 0, into: slot })] };
}

/** From the container's root to the command. */
export function finalOperations(process: NormalizedProcess, options: FinalOptions): Operation[] {
  const { terminal } = options;
  const streams = terminal === undefined ? { stdin: 0, stdout: 1, stderr: 2 } : { stdin: terminal, stdout: terminal, stderr: terminal };
  const own = terminal === undefined ? options.ownStdio : 0;
  return [
    operation('umask', { mask: process.umask }),
    operation('chdir', { path: process.cwd, create: options.createCwd ? 1 : 0 }),
    ...rlimitOperations(process),
    ...dropPrivileges(process, { own, setgroups: true, home: process.home, available: options.available }),
    // PID 1 keeps no more privileges than the command has: it could be traced.
    ...(options.init ? [operation('init', {})] : []),
    operation('setsid', terminal === undefined ? {} : { terminal }),
    operation('stdio', streams),
    operation('exec', { file: process.argv[0] as string, argv: process.argv, envp: process.env, path: process.path }),
  ];
}
