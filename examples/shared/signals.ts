/** Signals that this program gets, handed on to the container's first process. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import type { Container } from 'cofferdam';

const HANDED_ON = ['SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const;
type HandedOn = (typeof HANDED_ON)[number];

/** Keys that a terminal turns into signals while ISIG is set, see termios(3). */
const KEYS: readonly (readonly [byte: number, signal: HandedOn])[] = [
  [0x03, 'SIGINT'],
  [0x1c, 'SIGQUIT'],
];

/** Whether a process has a handler for a signal or ignores it itself: proc(5), SigCgt and SigIgn. */
function decidesItself(pid: number, signal: HandedOn): boolean {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const bits = ['SigCgt', 'SigIgn'].map((key) =>
      BigInt(`0x${new RegExp(`^${key}:\\s*(\\w+)`, 'm').exec(status)?.[1] ?? '0'}`),
    );
    const bit = 1n << BigInt(constants.signals[signal] - 1);
    return bits.some((mask) => (mask & bit) !== 0n);
  } catch {
    // It has ended: nothing is left to decide.
    return true;
  }
}

/** Whether a process is in its terminal's foreground, and the terminal turns keys into signals. */
function getsKeys(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[2] !== fields[5]) return false;
  } catch {
    return false;
  }
  const { stdout } = spawnSync('stty', ['-F', `/proc/${pid}/fd/0`, '-a'], { encoding: 'utf8' });
  return /^isig| isig/m.test(stdout ?? '');
}

/**
 * The first process of a pid namespace gets no signal that it has no handler for (pid_namespaces(7)), so that Ctrl-C
 * would not end `sleep 100`. For such a process we do what the kernel does elsewhere: end it, as that signal would have.
 */
export class Signals implements Disposable {
  /** The signal that ended the container in this way. */
  ending: HandedOn | undefined;
  readonly #container: Container;

  constructor(container: Container) {
    this.#container = container;
    for (const signal of HANDED_ON) process.on(signal, this.#handOn);
  }

  /** Keys on the way to the container's terminal. */
  typed(bytes: Buffer): void {
    for (const [byte, signal] of KEYS) {
      const { pid } = this.#container;
      if (bytes.includes(byte) && pid !== undefined && getsKeys(pid) && !decidesItself(pid, signal)) this.#end(signal);
    }
  }

  [Symbol.dispose](): void {
    for (const signal of HANDED_ON) process.off(signal, this.#handOn);
  }

  #handOn = (signal: NodeJS.Signals): void => {
    const { pid } = this.#container;
    if (pid !== undefined && decidesItself(pid, signal as HandedOn)) this.#container.kill(signal);
    else this.#end(signal as HandedOn);
  };

  #end(signal: HandedOn): void {
    this.ending = signal;
    this.#container.kill('SIGKILL');
  }
}
