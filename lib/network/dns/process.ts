/** On record: which process is a network's responder. A pid alone comes again, so when it was started is there as well. */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { stateDirectory, stateDirectoryPaths } from '../../state/directory.ts';

/** The file that says it; there is none while nobody answers. */
export const processPath = (network: string): string => join(stateDirectoryPaths().run, 'dns', network);

/** Clock ticks from the machine's start to the process's (proc_pid_stat(5), field 22), or undefined when it does not live. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state = '', ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // Ended, and not yet waited for.
    return 'ZX'.includes(state) ? undefined : fields[18];
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
  try {
    if (readFileSync(processPath(network), 'utf8') === own(created)) rmSync(processPath(network));
  } catch {
    // Somebody else's, or gone.
  }
}

/** Whether the network has a responder that lives. */
export function isAlive(network: string, created: string): boolean {
  try {
    const [pid, start, ...rest] = readFileSync(processPath(network), 'utf8').split(' ');
    return rest.join(' ') === created && start !== undefined && start === startOf(Number(pid));
  } catch {
    return false;
  }
}
