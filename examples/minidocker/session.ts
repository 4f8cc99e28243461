/** One container from its start to its end, with the user's terminal or streams. */
import { type Container, createContainer, type ExitStatus, formatTrace } from 'cofferdam';
import { statusOfExit, values } from '../shared/command-line.ts';
import { Signals } from '../shared/signals.ts';
import { hasTerminal, lendTerminal, windowSize } from '../shared/terminal.ts';
import { containerOptions, environment, type MinidockerValues } from './container.ts';

async function live(box: Container, command: readonly string[], signals: Signals): Promise<ExitStatus> {
  if (!hasTerminal()) return (await box.start(command, { ...environment(), stdio: 'inherit' })).exited;
  const first = await box.start(command, { ...environment(), tty: windowSize() });
  await lendTerminal(first, (typed) => signals.typed(typed));
  return first.exited;
}

/** Resolves with the exit status. */
export async function session(
  options: MinidockerValues,
  command: readonly string[],
  notice: (text: string) => void,
): Promise<number> {
  const box = await createContainer(containerOptions(options));
  const signals = new Signals(box);
  try {
    const status = await live(box, command, signals);
    if (status.oomKilled)
      notice(
        `a process was killed for memory: the limit is ${values.formatSize(options.memory)}; --memory SIZE gives more`,
      );
    return statusOfExit(signals.ending ? { exitCode: null, signal: signals.ending } : status);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_LAUNCH_KILLED') throw error;
    // Told to end while the container was being started: that was our own kill, and not for memory.
    if (signals.ending) return statusOfExit({ exitCode: null, signal: signals.ending });
    const message = `--memory: ${values.formatSize(options.memory)} is too little to start in; give 1M or more`;
    throw Object.assign(new Error(message, { cause: error }), { code: 'ERR_LAUNCH_KILLED' });
  } finally {
    signals[Symbol.dispose]();
    if (options.trace && box.launchTrace)
      process.stderr.write(`${formatTrace(box.launchTrace, { width: process.stderr.columns || 120 })}\n`);
    await box.remove();
  }
}
