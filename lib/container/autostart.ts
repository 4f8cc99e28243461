/** `startAll()`: what is to run when the machine does. */
import { setTimeout as sleep } from 'node:timers/promises';
import { createError } from '../errors.ts';
import { readConfig } from '../state/records.ts';
import { openContainer } from './detached.ts';
import { listContainers } from './list.ts';

/** One container that was to be started. */
export interface Autostarted {
  name: string;
  /** Undefined when it runs now. */
  error: Error | undefined;
}

/**
 * Start all detached containers that have `autostart` and do not run: by their `order`, the lowest first, then by name; after
 * each it waits for its `delay`. One that cannot be started keeps nobody else from it.
 */
export async function startAll(options: { signal?: AbortSignal } = {}): Promise<Autostarted[]> {
  const { signal } = options;
  const wanted = (await listContainers())
    .filter(({ autostart, state }) => autostart && (state === 'created' || state === 'stopped'))
    .map(({ name }) => ({ name, ...settingsOf(name) }))
    .sort((a, b) => a.order - b.order || (a.name < b.name ? -1 : 1));
  const started: Autostarted[] = [];
  for (const { name, delay } of wanted) {
    signal?.throwIfAborted();
    let error: Error | undefined;
    try {
      await (await openContainer(name)).start();
    } catch (cause) {
      error =
        cause instanceof Error ? cause : createError('ERR_STATE', { path: name, problem: String(cause), hint: '' });
    }
    started.push({ name, error });
    if (delay > 0) await sleep(delay, undefined, { signal });
  }
  return started;
}

function settingsOf(name: string): { order: number; delay: number } {
  const given = readConfig(name)?.options.autostart;
  const { order = 0, delay = 0 } = typeof given === 'object' ? given : {};
  return { order, delay };
}
