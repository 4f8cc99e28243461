/** What a process gets before its exec, the first of a container and an exec'd one alike. */
import type { NormalizedCommand, NormalizedProcess } from '../options/normalized.ts';
import { type Operation, operation } from '../program/operation.ts';
import type { SlotTable } from '../program/slots.ts';
import { landlockOperations } from '../security/landlock.ts';
import { rlimitOperations } from '../security/limits.ts';
import { dropPrivileges } from '../security/privileges.ts';
import { seccompOperations } from '../security/seccomp/operations.ts';

export interface FinalOptions {
  /** Leave a reaper behind as PID 1. */
  init: boolean;
  /** Make the working directory when it is missing. */
  createCwd: boolean;
  /** Bits of the standard streams that are pipes made for this process, so that its user may open /dev/stdout. */
  ownStdio: number;
  /** Capabilities that can be given. */
  available: bigint;
  /** setgroups(2) may be called. */
  setgroups: boolean;
  /** Slot for the listener of calls that are notified. */
  listener: number | undefined;
  /** The filter is there when the process has settled, not just before its exec. */
  settlesWithFilter: boolean;
}

/** A slot where calls are notified, for `FinalOptions`. */
export const listenerSlot = ({ seccomp }: NormalizedProcess, slots: SlotTable): number | undefined =>
  seccomp !== 'unconfined' && seccomp.notify ? slots.reserve('listener') : undefined;

/** Slot 0 is nobody's with a terminal: the three standard streams are one. */
const TERMINAL_SLOT = 0;

/** A pty of the container's own devpts. */
export function terminalOperations(process: NormalizedProcess, root: number, console: boolean): Operation[] {
  if (!process.tty) return [];
  const { rows, columns } = process.tty;
  return [operation('terminal', { dir: root, rows, columns, console: console ? 1 : 0, into: TERMINAL_SLOT })];
}

/** The end of every program, and all of it that the launches of a kind don't share. */
export const execOperation = ({ argv, process: { env, path } }: NormalizedCommand): Operation =>
  operation('exec', { file: argv[0] as string, argv, envp: env, path });

/** Bits of the standard streams that are the process's own. */
const ownStreams = ({ process }: NormalizedCommand, { ownStdio }: FinalOptions): number =>
  process.tty ? 1 << TERMINAL_SLOT : ownStdio;

const filter = ({ process }: NormalizedCommand, { available, listener }: FinalOptions): Operation[] =>
  seccompOperations(process, available, listener);

/** In the container's root: all that makes the process what its command may be, in sight of nobody where that can be had. */
export function settleOperations(command: NormalizedCommand, options: FinalOptions): Operation[] {
  const { process } = command;
  const { setgroups, available } = options;
  return [
    operation('umask', { mask: process.umask }),
    operation('chdir', { path: process.cwd, create: options.createCwd ? 1 : 0 }),
    ...rlimitOperations(process),
    // Without no_new_privs a filter takes CAP_SYS_ADMIN.
    ...(process.noNewPrivileges ? [] : filter(command, options)),
    ...dropPrivileges(process, { own: ownStreams(command, options), setgroups, home: process.home, available }),
    ...landlockOperations(process.landlock),
    ...(process.noNewPrivileges && options.settlesWithFilter ? filter(command, options) : []),
  ];
}

/** From there to the command, which is last. */
export function lastOperations(command: NormalizedCommand, options: FinalOptions): Operation[] {
  const { process } = command;
  const terminal = process.tty ? TERMINAL_SLOT : undefined;
  const streams =
    terminal === undefined
      ? { stdin: 0, stdout: 1, stderr: 2 }
      : { stdin: terminal, stdout: terminal, stderr: terminal };
  return [
    // PID 1 keeps no more privileges than the command has: it could be traced.
    ...(options.init ? [operation('init', {})] : []),
    operation('setsid', terminal === undefined ? {} : { terminal }),
    operation('stdio', streams),
    ...(process.noNewPrivileges && !options.settlesWithFilter ? filter(command, options) : []),
    execOperation(command),
  ];
}
