/** Triggers of pressure: the kernel says when tasks have waited for a resource longer than they should. */
import { closeSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { createError } from '../errors.ts';
import { native } from '../native.ts';
import type { WatchDescriptor } from './oom.ts';
import type { Placement } from './placement.ts';
import { type Pressure, parsePressure } from './stats.ts';

export interface PressureOptions {
  resource: 'cpu' | 'memory' | 'io';
  kind: 'some' | 'full';
  /** Milliseconds of waiting within the window, and the window. */
  stall: number;
  window: number;
  /** v1's threshold for memory instead: reclaim is going on, is costly, does not help any more. */
  level: 'low' | 'medium' | 'critical' | undefined;
  signal: AbortSignal | undefined;
}

const NOTHING: Pressure = { some: { avg10: 0, avg60: 0, avg300: 0, total: 0 }, full: undefined };

/** A trigger that is set: its descriptors, and the one that tells. */
interface Trigger {
  descriptors: number[];
  told: number;
  condition: 'readable' | 'exceptional';
}

/** The kernel's Documentation/accounting/psi.rst, "Monitoring for pressure thresholds". */
function stallTrigger(placement: Placement, { resource, kind, stall, window }: PressureOptions): Trigger {
  const path = pressureFile(placement, resource);
  let file: number;
  try {
    file = openSync(path ?? '', 'r+');
  } catch (cause) {
    throw createError(
      'ERR_UNSUPPORTED',
      {
        feature: 'pressure()',
        reason: path ? `there is no ${path}` : 'no cgroup v2 hierarchy is mounted',
        hint: "boot a kernel of 5.2 or later with CONFIG_PSI and psi=1, and mount cgroup2; memory has { level: 'medium' } on v1",
      },
      { cause },
    );
  }
  try {
    writeSync(file, `${kind} ${stall * 1000} ${window * 1000}\0`);
  } catch (error) {
    closeSync(file);
    throw error;
  }
  return { descriptors: [file], told: file, condition: 'exceptional' };
}

/** The kernel's Documentation/admin-guide/cgroup-v1/memory.rst, "Memory Pressure". */
function levelTrigger(placement: Placement, level: string): Trigger {
  const place = placement.places.find(({ controllers }) => controllers.some(({ name }) => name === 'memory'));
  if (place?.hierarchy.version !== 1)
    throw createError('ERR_UNSUPPORTED', {
      feature: `pressure() with level '${level}'`,
      reason: place ? 'levels are cgroup v1, the memory controller is v2 here' : 'the container has no memory limit',
      hint: place ? 'give stall and window' : 'give resources.memory',
    });
  const event = native().eventfd();
  let file = -1;
  try {
    file = openSync(`${place.path}/memory.pressure_level`, 'r');
    writeFileSync(`${place.path}/cgroup.event_control`, `${event} ${file} ${level}`);
  } catch (error) {
    closeSync(event);
    if (file >= 0) closeSync(file);
    throw error;
  }
  return { descriptors: [event, file], told: event, condition: 'readable' };
}

const pressureFile = (placement: Placement, resource: string): string | undefined => {
  const place = placement.places.find(({ hierarchy }) => hierarchy.version === 2);
  return place && `${place.path}/${resource}.pressure`;
};

/** What the file says; nothing where the kernel has none (a level's), or the container has just ended. */
function present(path: string | undefined): Pressure {
  try {
    return parsePressure(readFileSync(path ?? '', 'utf8')) ?? NOTHING;
  } catch {
    return NOTHING;
  }
}

/**
 * The pressure of the moment each time that the threshold is passed.
 * @throws ERR_UNSUPPORTED without pressure stall information, or for a level where memory is not v1's; the system error of
 *   a trigger that the kernel refuses
 */
export async function* pressureEvents(
  placement: Placement,
  options: PressureOptions,
  watch: WatchDescriptor,
  ended: Promise<unknown>,
): AsyncGenerator<Pressure, void, void> {
  const { resource, level, signal } = options;
  const { descriptors, told, condition } =
    level === undefined ? stallTrigger(placement, options) : levelTrigger(placement, level);
  let wake: () => void = () => {};
  let over = false;
  let fired = 0;
  const stop = () => {
    over = true;
    wake();
  };
  let unwatch = (): void => {};
  try {
    unwatch = watch(told, condition, () => {
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
        yield present(pressureFile(placement, resource));
        continue;
      }
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  } finally {
    signal?.removeEventListener('abort', stop);
    unwatch();
    for (const descriptor of descriptors) closeSync(descriptor);
  }
}
