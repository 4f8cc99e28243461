/** `watchContainers()`: state changes of all detached containers, as they happen. */
import type { ContainerState } from './events.ts';
import { listContainers, stateOf } from './list.ts';
import { watchStates } from './wait.ts';

/** A detached container is in another state than before. */
export interface StateChange {
  name: string;
  state: ContainerState;
  /** Undefined for one that was not there. */
  previous: ContainerState | undefined;
  time: Date;
}

/**
 * State changes of the machine's detached containers, whichever program causes them, until `signal` is aborted, which
 * throws its reason. What comes and goes between two looks may be told as one change.
 * @param options.names only of these. Default all.
 */
export async function* watchContainers(
  options: { names?: readonly string[]; signal?: AbortSignal } = {},
): AsyncGenerator<StateChange, void, void> {
  const { names, signal } = options;
  signal?.throwIfAborted();
  const changed = new Set<string>();
  let wake = () => {};
  const stop = watchStates((name) => {
    if (names && !names.includes(name)) return;
    changed.add(name);
    wake();
  });
  const onAbort = () => wake();
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    const known = new Map<string, ContainerState>((await listContainers()).map(({ name, state }) => [name, state]));
    for (;;) {
      for (const name of [...changed]) {
        changed.delete(name);
        const previous = known.get(name);
        const state = stateOf(name);
        if (state === previous || (state === 'removed' && previous === undefined)) continue;
        if (state === 'removed') known.delete(name);
        else known.set(name, state);
        yield { name, state, previous, time: new Date() };
      }
      signal?.throwIfAborted();
      if (changed.size > 0) continue;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
      signal?.throwIfAborted();
    }
  } finally {
    stop();
    signal?.removeEventListener('abort', onAbort);
  }
}
