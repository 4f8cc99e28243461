/** Waiting for what other programs do with a container: inotify(7) on the state directory, no asking again and again. */
import { type FSWatcher, watch } from 'node:fs';
import { createError } from '../errors.ts';
import { makePrivate, stateDirectory } from '../state/directory.ts';
import { homesDirectory, statusDirectory } from '../state/places.ts';

/**
 * Hear of containers whose state may have changed: started, ended, paused, made or removed by whatever program.
 * @param options.persistent whether it keeps this program alive. Default true.
 * @returns what ends it
 */
export function watchStates(changed: (name: string) => void, { persistent = true } = {}): () => void {
  stateDirectory();
  makePrivate(homesDirectory());
  const watchers: FSWatcher[] = [statusDirectory(), homesDirectory()].map((path) => {
    const watcher = watch(path, { persistent }, (_, name) => name !== null && changed(name));
    watcher.on('error', () => {});
    return watcher;
  });
  return () => {
    for (const watcher of watchers) watcher.close();
  };
}

export interface WaitOptions {
  /** Milliseconds; default: for ever. */
  timeout?: number | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * Wait until `look` gives something, which is asked once now and again after each change that `subscribe` tells of.
 * @throws ERR_TIMEOUT, `signal.reason`
 */
export async function waitUntil<Value>(
  look: () => Value | undefined,
  subscribe: (changed: () => void) => () => void,
  { timeout, signal }: WaitOptions,
  what: { id: string; wanted: string },
): Promise<Value> {
  signal?.throwIfAborted();
  const found = look();
  if (found !== undefined) return found;
  return new Promise<Value>((resolve, reject) => {
    const finish = (settle: () => void) => {
      stop();
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      settle();
    };
    const again = () => {
      try {
        const value = look();
        if (value !== undefined) finish(() => resolve(value));
      } catch (error) {
        finish(() => reject(error));
      }
    };
    const onAbort = () => finish(() => reject(signal?.reason));
    const timer =
      timeout === undefined
        ? undefined
        : setTimeout(() => finish(() => reject(createError('ERR_TIMEOUT', { ...what, timeout }))), timeout);
    signal?.addEventListener('abort', onAbort, { once: true });
    const stop = subscribe(again);
    // Between the first look and the subscription.
    again();
  });
}
