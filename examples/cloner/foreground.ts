/** A container whose console is here until it ends. */
import { constants } from 'node:os';
import type { DetachedContainer } from 'cofferdam';
import { statusOfExit } from '../shared/command-line.ts';
import { hasTerminal, lendTerminal } from '../shared/terminal.ts';

const ASKED = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * On a terminal its console is this one: all keys are the container's. Otherwise Ctrl-C (a signal) asks it to stop, and a second
 * one kills it. Resolves with its exit status.
 */
export async function foreground(
  container: DetachedContainer,
  since: Date,
  halt: number = constants.signals.SIGPWR,
): Promise<number> {
  let asked = 0;
  const stop = () => void container.kill(asked++ === 0 ? halt : 'SIGKILL');
  for (const signal of ASKED) process.on(signal, stop);
  try {
    const exited = container.wait();
    if (hasTerminal()) {
      const screen = container.console({ since });
      await lendTerminal({ terminal: screen, exited, resize: (size) => screen.resize(size) });
    } else for await (const { data } of container.logs({ follow: true, since })) process.stdout.write(data);
    const status = await exited;
    // poweroff(8) in a container ends its init by this signal: an end as it should be.
    return status.signal === 'SIGINT' ? 0 : statusOfExit(status);
  } finally {
    for (const signal of ASKED) process.off(signal, stop);
  }
}
