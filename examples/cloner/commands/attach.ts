/** `cloner attach`: another process in a container that runs. */
import { readlinkSync } from 'node:fs';
import type { DetachedContainer, Process, StartOptions } from 'cofferdam';
import { type Invocation, statusOf, statusOfExit } from '../../shared/command-line.ts';
import { hasTerminal, lendTerminal, windowSize } from '../../shared/terminal.ts';
import { failure, placesFor, requireRunning } from '../found.ts';
import { type ATTACH, LXC_NAMESPACES, type LxcNamespace } from '../table/run.ts';

const SHELLS = ['/bin/bash', '/bin/sh'];

type Values = Invocation<(typeof ATTACH)['options']>['values'];

function environmentOf(values: Values): Record<string, string> {
  const own = Object.entries(process.env).filter(
    ([name, value]) => value !== undefined && (values['keep-env'] || values['keep-var'].includes(name)),
  ) as [string, string][];
  return {
    container: 'lxc',
    TERM: process.env.TERM || 'xterm',
    ...Object.fromEntries(own),
    ...Object.fromEntries(values['set-var']),
  };
}

/** Those that a container does not share with this program: a list with all of them asks for no less than there is. */
const ownNamespaces = (pid: number): LxcNamespace[] =>
  (Object.keys(LXC_NAMESPACES) as LxcNamespace[]).filter((name) => {
    const { file } = LXC_NAMESPACES[name];
    return readlinkSync(`/proc/${pid}/ns/${file}`) !== readlinkSync(`/proc/self/ns/${file}`);
  });

/**
 * What lxc-attach can, and the library cannot: a process with the host's privileges in a container, or in some of its
 * namespaces, which LXC's -s means, too. The kernel's own tool does it for who wants it all the same.
 */
function refuseElevated(values: Values, { pid }: DetachedContainer): void {
  const options = values.namespaces?.map((name) => LXC_NAMESPACES[name].option) ?? ['--all'];
  const instead = `nsenter --target ${pid} ${options.join(' ')} COMMAND`;
  if (values['elevated-privileges'])
    throw failure(`-e is refused: a process has at most its container's privileges; as the host's root: ${instead}`);
  const missing =
    values.namespaces && ownNamespaces(pid as number).filter((name) => !values.namespaces?.includes(name));
  if (missing?.length)
    throw failure(
      `-s without ${missing.join(', ')} is refused: a process is in all namespaces of its container; ` +
        `in some, as the host's root: ${instead}`,
    );
}

/** The words, or the best shell that is there. */
async function spawn(container: DetachedContainer, words: readonly string[], options: StartOptions): Promise<Process> {
  if (words.length > 0) return container.spawn(words, options);
  for (const shell of SHELLS.slice(0, -1))
    try {
      return await container.spawn([shell], options);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ERR_COMMAND_NOT_FOUND') throw error;
    }
  return container.spawn([SHELLS.at(-1) as string], options);
}

/** Statuses of the command are its own; that it cannot be run is told as a shell does. */
export async function attach({ values, words, rest, notice }: Invocation<(typeof ATTACH)['options']>): Promise<number> {
  const container = await requireRunning(placesFor(values, words), false);
  refuseElevated(values, container);
  const user =
    values.uid !== undefined || values.gid !== undefined
      ? { user: { uid: values.uid ?? 0, gid: values.gid ?? 0 } }
      : {};
  const options: StartOptions = { env: environmentOf(values), cwd: '/', ...user };
  const terminal = hasTerminal();
  let first: Process;
  try {
    first = await spawn(container, rest, { ...options, ...(terminal ? { tty: windowSize() } : { stdio: 'inherit' }) });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== 'ERR_COMMAND_NOT_FOUND' && code !== 'ERR_COMMAND_NOT_EXECUTABLE') throw error;
    notice(message);
    return statusOf(error);
  }
  if (terminal) await lendTerminal(first);
  return statusOfExit(await first.exited);
}
