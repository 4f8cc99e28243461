// The last act of a script: become the program that it prepared everything for. Terminal, signals and exit status must
// reach that program, and come from it, as if nothing stood between it and the shell.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { isatty } from 'node:tty';

// A terminal sends these to its whole foreground group, the program included: only stay alive meanwhile.
const FROM_TERMINAL = ['SIGINT', 'SIGQUIT'];
const DIRECTED = ['SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'];

/**
 * @param {string} file @param {string[]} args
 * @param {{ cwd?: string, env?: Record<string, string> }} [options]
 */
export async function handOver(file, args, { cwd = process.cwd(), env = {} } = {}) {
  const environment = { ...process.env, ...env };
  if (process.execve) {
    process.chdir(cwd);
    // Experimental in Node 24: its warning would be the only thing that we ever print here.
    process.removeAllListeners('warning');
    process.execve(file, [file, ...args], environment);
  }
  const child = spawn(file, args, { cwd, env: environment, stdio: 'inherit' });
  for (const signal of FROM_TERMINAL) process.on(signal, () => isatty(0) || child.kill(signal));
  for (const signal of DIRECTED) process.on(signal, () => child.kill(signal));
  const [code, signal] = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (...status) => resolve(status));
  });
  if (signal === null) {
    process.exitCode = code;
    return;
  }
  for (const name of [...FROM_TERMINAL, ...DIRECTED]) process.removeAllListeners(name);
  process.kill(process.pid, signal);
  // A signal that does not end a process by default, or that is blocked, leaves the shell's way to say it.
  setTimeout(() => process.exit(128 + constants.signals[signal]), 100);
}
