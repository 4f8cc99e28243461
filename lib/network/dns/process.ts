/** On record: which process is a network's responder. A pid alone comes again, so when it was started is there as well. */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { stateDirectory, stateDirectoryPaths } from '../../state/directory.ts';

/** The file that says it; there is none while nobody answers. */
export const processPath = (network: string): string => join(stateDirectoryPaths().run, 'dns', network);

/** A bit of proc_pid_stat(5), field 9 (PF_EXITING of the kernel's sched.h): it has begun to end, and answers nobody. */
const EXITING = 0x4;

/** Clock ticks from the machine's start to the process's (proc_pid_stat(5), field 22), or undefined when it does not live. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state = '', flags, start] = [fields[0], fields[6], fields[19]];
    // Ended, and not yet waited for; or about to.
    return 'ZX'.includes(state) || (Number(flags) & EXITING) !== 0 ? undefined : start;
  } catch {
    return undefined;
  }
}

const own = (created: string): string => `${process.pid} ${startOf(process.pid)} ${created}`;

/** This process is the responder of that network. @param created when the network was: one of the same name may come again */
export function record(network: string, created: string): void {
  stateDirectory();
  const path = processPath(network);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(`${path}.${process.pid}`, own(created), { mode: 0o600 });
  renameSync(`${path}.${process.pid}`, path);
}

/** It is no longer. */
export function forget(network: string, created: string): void {
  if (read(network) === own(created)) rmSync(processPath(network), { force: true });
}

/** One is on record that did not live to take itself off. */
export const wasKilled = (network: string, created: string): boolean =>
  read(network) !== undefined && !isAlive(network, created);

/** And none came in its place: containers are not to be sent to it. */
export function forgetKilled(network: string, created: string): void {
  if (wasKilled(network, created)) rmSync(processPath(network), { force: true });
}

function read(network: string): string | undefined {
  try {
    return readFileSync(processPath(network), 'utf8');
  } catch {
    return undefined;
  }
}

/** Whether the network has a responder that lives. */
export function isAlive(network: string, created: string): boolean {
  const [pid, start, ...rest] = read(network)?.split(' ') ?? [];
  return rest.join(' ') === created && start !== undefined && start === startOf(Number(pid));
}
