/** Run a program of its own as a Node process that can be killed, with the library in it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';

/** Node with `source` as an ES module, in which 'cofferdam' can be imported. Standard output is a pipe. */
export function node(source: string, env: NodeJS.ProcessEnv = process.env): ChildProcess {
  return spawn(process.execPath, ['--input-type=module', '--eval', source], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env,
    cwd: new URL('../..', import.meta.url),
  });
}

/** The same in a network namespace that is as the kernel makes it. */
export function nodeInNetwork(source: string): ChildProcess {
  return spawn('unshare', ['--net', process.execPath, '--input-type=module', '--eval', source], {
    stdio: ['pipe', 'pipe', 'inherit'],
    cwd: new URL('../..', import.meta.url),
  });
}

/** The next line that it prints. */
export async function line(child: ChildProcess): Promise<string> {
  const [chunk] = await once(child.stdout as NodeJS.ReadableStream, 'data');
  return String(chunk).trim();
}

/** Wait until `check` is true; false after `milliseconds`. */
export async function eventually(check: () => boolean | Promise<boolean>, milliseconds = 20_000): Promise<boolean> {
  for (const end = Date.now() + milliseconds; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 10)))
    if (await check()) return true;
  return check();
}

/** Whether a process runs. Its directory may go between any two looks at it, so there is one: gone (ENOENT, ESRCH) is dead. */
export function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

/** Processes of the library with this parent, by their names. */
export function helpers(parent: number): Record<string, number> {
  const found: Record<string, number> = {};
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const name = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
      if (Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === parent && name.startsWith('cofferdam'))
        found[name] = Number(pid);
    } catch {}
  }
  return found;
}

/** Their names, as short as the kernel keeps them. */
export const LAUNCHER = 'cofferdam-launcher'.slice(0, 15);
export const JANITOR = 'cofferdam-janitor'.slice(0, 15);
