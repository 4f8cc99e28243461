/** Triggers of pressure: the kernel says when tasks have waited for a resource longer than they should. */
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { createError } from '../errors.ts';
import type { WatchDescriptor } from './oom.ts';
import type { Placement } from './placement.ts';
import { type Pressure, parsePressure } from './stats.ts';

export interface PressureOptions {
  resource: 'cpu' | 'memory' | 'io';
  kind: 'some' | 'full';
  /** Milliseconds of waiting within the window, and the window. */
  stall: number;
  window: number;
  signal: AbortSignal | undefined;
}

const NOTHING: Pressure = { some: { avg10: 0, avg60: 0, avg300: 0, total: 0 }, full: undefined };

/** @throws ERR_UNSUPPORTED without pressure stall information; the system error of a trigger that the kernel refuses */
export async function* pressureEvents(
  placement: Placement,
  { resource, kind, stall, window, signal }: PressureOptions,
  watch: WatchDescriptor,
  ended: Promise<unknown>,
): AsyncGenerator<Pressure, void, void> {
  const place = placement.places.find(({ hierarchy }) => hierarchy.version === 2);
  const path = `${place?.path}/${resource}.pressure`;
  let file: number;
  try {
    file = openSync(path, 'r+');
  } catch (cause) {
    throw createError(
      'ERR_UNSUPPORTED',
      {
        feature: 'pressure()',
        reason: place ? `there is no ${path}` : 'no cgroup v2 hierarchy is mounted',
        hint: 'boot a kernel of 5.2 or later with CONFIG_PSI and psi=1, and mount cgroup2',
      },
      { cause },
    );
  }
  let wake: () => void = () => {};
  let over = false;
  let fired = 0;
  const stop = () => {
    over = true;
    wake();
  };
  let unwatch = (): void => {};
  try {
    writeSync(file, `${kind} ${stall * 1000} ${window * 1000}\0`);
    unwatch = watch(file, 'exceptional', () => {
      fired++;
      wake();
    });
    signal?.addEventListener('abort', stop, { once: true });
    void ended.then(stop);
    for (;;) {
      signal?.throwIfAborted();
      if (over) return;
      if (fired > 0) {
        fired = 0;
        yield parsePressure(readFileSync(path, 'utf8')) ?? NOTHING;
        continue;
      }
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  } finally {
    signal?.removeEventListener('abort', stop);
    unwatch();
    closeSync(file);
  }
}
