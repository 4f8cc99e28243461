/** The user's own terminal, lent to a process in a container: what is typed goes in raw, what it prints comes out as it is. */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import type { Duplex } from 'node:stream';

export const hasTerminal = (): boolean => process.stdin.isTTY === true && process.stdout.isTTY === true;

export const windowSize = (): { rows: number; columns: number } => ({
  rows: process.stdout.rows || 24,
  columns: process.stdout.columns || 80,
});

/** Nothing of this terminal's line discipline may act: the container's does all of it. */
function raw(): void {
  process.stdin.setRawMode(true);
  // Node's raw mode leaves output processing on, which turns the line feed that moves a cursor down into a new line.
  spawnSync('stty', ['-opost'], { stdio: ['inherit', 'ignore', 'ignore'] });
}

/** As it was before the first raw(): Node keeps the settings that it found. */
const cooked = (): void => void process.stdin.setRawMode(false);

/** Signals that end this program; the terminal must be given back before. */
const CLOSED = 'end';

/** Whoever gets it: a process with a terminal, or a container's console. */
export interface Borrower {
  readonly terminal: Duplex | null;
  readonly exited: Promise<unknown>;
  resize(size: { rows: number; columns: number }): void;
}

/**
 * Connect until the process has ended and all that it wrote is shown. The terminal is given back on every way out, those
 * of signals and exceptions included.
 * @param onInput Sees what is typed before the process does.
 */
export async function lendTerminal(box: Borrower, onInput?: (typed: Buffer) => void): Promise<void> {
  const { terminal } = box;
  if (!terminal) throw new Error('the process has no terminal');
  const { stdin, stdout } = process;

  const resize = (): void => box.resize(windowSize());
  const type = (typed: Buffer): void => {
    onInput?.(typed);
    if (!terminal.write(typed)) stdin.pause();
  };
  const goOn = (): void => void stdin.resume();
  // Stopped from outside (kill -TSTP, a shell's job control): the shell needs its terminal meanwhile.
  const suspend = (): void => {
    cooked();
    process.kill(process.pid, 'SIGSTOP');
  };
  const resume = (): void => {
    raw();
    resize();
  };

  const shown = once(terminal, CLOSED);
  process.on('exit', cooked);
  stdout.on('resize', resize);
  process.on('SIGTSTP', suspend);
  process.on('SIGCONT', resume);
  stdin.on('data', type);
  terminal.on('drain', goOn);
  try {
    raw();
    terminal.pipe(stdout, { end: false });
    // The window may have changed while the container was being started.
    resize();
    stdin.resume();
    await box.exited;
    await shown;
  } finally {
    stdin.off('data', type);
    stdin.pause();
    terminal.off('drain', goOn);
    stdout.off('resize', resize);
    process.off('SIGTSTP', suspend);
    process.off('SIGCONT', resume);
    cooked();
    process.off('exit', cooked);
  }
}
