/**
 * Launches take turns. What a launch waits for is the kernel's work on the machine's CPUs, so more than a few at once
 * are no quicker, and when a program asks for hundreds in one go, its event loop would be held by all of their requests
 * and share the CPUs with all of their processes. So a few are under way at a time, and the others wait for one to have
 * executed its command or to have failed.
 */
import { availableParallelism } from 'node:os';

const MOST = 2 * availableParallelism();

/** A launch that waits. */
export interface Turn {
  /** Resolves when it is its turn. */
  readonly granted: Promise<void>;
  /** Give the place up: `granted` rejects with `reason`. Nothing once it was granted. */
  cancel(reason: unknown): void;
}

let underWay = 0;
/** In the order in which they came. */
const queue = new Set<() => void>();

/** Undefined when it is the caller's turn at once. After each turn comes a call of `endTurn()`. */
export function takeTurn(signal: AbortSignal | undefined): Turn | undefined {
  if (underWay < MOST && queue.size === 0) {
    underWay++;
    return undefined;
  }
  let cancel!: (reason: unknown) => void;
  const granted = new Promise<void>((resolve, reject) => {
    const onAbort = () => cancel(signal?.reason);
    const grant = () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    };
    cancel = (reason) => {
      if (!queue.delete(grant)) return;
      signal?.removeEventListener('abort', onAbort);
      reject(reason);
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    queue.add(grant);
  });
  return { granted, cancel };
}

/** The launch whose turn it was has executed its command, or failed. */
export function endTurn(): void {
  const [next] = queue;
  if (!next) {
    underWay--;
    return;
  }
  queue.delete(next);
  next();
}
