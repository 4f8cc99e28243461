/** Run a program of its own as a Node process that can be killed, with the library in it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

/** Node with `source` as an ES module, in which 'cofferdam' can be imported. Standard output is a pipe. */
export function node(source: string, env: NodeJS.ProcessEnv = process.env): ChildProcess {
  return spawn(process.execPath, ['--input-type=module', '--eval', source], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env,
    cwd: new URL('../..', import.meta.url),
  });
}

/** The next line that it prints. */
export async function line(child: ChildProcess): Promise<string> {
  const [chunk] = await once(child.stdout as NodeJS.ReadableStream, 'data');
  return String(chunk).trim();
}

/** Wait until `check` is true; false after `milliseconds`. */
export async function eventually(check: () => boolean, milliseconds = 5000): Promise<boolean> {
  for (const end = Date.now() + milliseconds; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 10)))
    if (check()) return true;
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
