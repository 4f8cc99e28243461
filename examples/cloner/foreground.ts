/** A container whose console is shown here until it ends. */
import { constants } from 'node:os';
import type { DetachedContainer } from 'cofferdam';
import { statusOfExit } from '../shared/command-line.ts';

const ASKED = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Ctrl-C asks it to stop, and a second one kills it. Resolves with its exit status. */
export async function foreground(
  container: DetachedContainer,
  halt: number = constants.signals.SIGPWR,
): Promise<number> {
  let asked = 0;
  const stop = () => void container.kill(asked++ === 0 ? halt : 'SIGKILL');
  for (const signal of ASKED) process.on(signal, stop);
  try {
    const ended = container.wait();
    for await (const { data } of container.logs({ follow: true })) process.stdout.write(data);
    const status = await ended;
    // poweroff(8) in a container ends its init by this signal: an end as it should be.
    return status.signal === 'SIGINT' ? 0 : statusOfExit(status);
  } finally {
    for (const signal of ASKED) process.off(signal, stop);
  }
}
