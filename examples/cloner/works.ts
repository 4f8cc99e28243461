/** What each command does; loaded when it is asked for, so that help and wrong usage take no library. */
import { appendFileSync } from 'node:fs';
import type { Options, Work } from '../shared/command-line.ts';
import { requireRoot } from '../shared/privileges.ts';

// biome-ignore lint/suspicious/noExplicitAny: each has the types of its own table
type AnyWork = Work<any>;

const WORKS: Readonly<Record<string, () => Promise<AnyWork>>> = {
  create: async () => (await import('./commands/create.ts')).create,
  start: async () => (await import('./commands/start.ts')).start,
  stop: async () => (await import('./commands/stop.ts')).stop,
  attach: async () => (await import('./commands/attach.ts')).attach,
  execute: async () => (await import('./commands/execute.ts')).execute,
  copy: async () => (await import('./commands/copy.ts')).copy,
  logs: async () => (await import('./commands/logs.ts')).logs,
  ls: async () => (await import('./commands/ls.ts')).ls,
  info: async () => (await import('./commands/info.ts')).info,
  wait: async () => (await import('./commands/wait.ts')).wait,
  freeze: async () => (await import('./commands/freeze.ts')).freeze,
  unfreeze: async () => (await import('./commands/freeze.ts')).unfreeze,
  snapshot: async () => (await import('./commands/snapshot.ts')).snapshot,
  cgroup: async () => (await import('./commands/cgroup.ts')).cgroup,
  monitor: async () => (await import('./commands/monitor.ts')).monitor,
  top: async () => (await import('./commands/top.ts')).top,
  autostart: async () => (await import('./commands/autostart.ts')).autostart,
  destroy: async () => (await import('./commands/destroy.ts')).destroy,
};

/** LXC's status of everything that could not be done. */
const FAILED = 1;

/** Where notices go: `-o FILE` and `-q`, which every command has. */
function noticeOf(
  notice: (text: string) => void,
  { quiet, logfile }: { quiet?: boolean; logfile?: string },
): (text: string) => void {
  if (logfile !== undefined) return (text) => appendFileSync(logfile, `${text}\n`);
  return quiet ? () => {} : notice;
}

/** An error that the user can do something about is one line; what is a fault of ours has its stack. */
const toldAs = (error: unknown): string =>
  error instanceof Error && 'code' in error
    ? error.message
    : error instanceof Error
      ? String(error.stack)
      : String(error);

function guarded(load: () => Promise<AnyWork>): AnyWork {
  return async (invocation) => {
    const notice = noticeOf(invocation.notice, invocation.values);
    try {
      requireRoot('cloner');
      return await (await load())({ ...invocation, notice });
    } catch (error) {
      if ((error as Error).name === 'UsageError') throw error;
      notice(toldAs(error));
      return FAILED;
    }
  };
}

export const works: Readonly<Record<string, Work<Options>>> = Object.fromEntries(
  Object.entries(WORKS).map(([name, load]) => [name, guarded(load)]),
);
