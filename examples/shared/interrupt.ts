/** Ctrl-C and its like: what runs comes to its end, is cleaned up, and no more is begun. */
import { constants } from 'node:os';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export class Interrupted extends Error {
  /** As a shell says it. */
  readonly status: number;

  constructor(name: (typeof SIGNALS)[number]) {
    super(`interrupted by ${name}`);
    this.status = 128 + constants.signals[name];
  }
}

/** A signal that aborts with `Interrupted` at the first of those signals; until `stop()`, they do nothing else. */
export function interruptible(): { signal: AbortSignal; stop(): void } {
  const controller = new AbortController();
  const abort = (name: NodeJS.Signals): void => controller.abort(new Interrupted(name as (typeof SIGNALS)[number]));
  for (const name of SIGNALS) process.on(name, abort);
  return {
    signal: controller.signal,
    stop() {
      for (const name of SIGNALS) process.off(name, abort);
    },
  };
}
