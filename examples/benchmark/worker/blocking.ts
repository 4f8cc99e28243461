/** How long launches keep this process's event loop from other work. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Blocking } from './protocol.ts';

/** Of the timer that measures delays, milliseconds. The histogram's values are whole intervals: this much is no delay. */
const RESOLUTION = 1;

const delay = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - RESOLUTION);

/**
 * @param launch gives for how long its calls held the loop
 * @param one so many launches, one after the other
 * @param atOnce then so many at the same time
 */
export async function measureBlocking(launch: () => Promise<number>, one: number, atOnce: number): Promise<Blocking> {
  const held: number[] = [];
  const before = performance.eventLoopUtilization();
  for (let i = 0; i < one; i++) held.push(await launch());
  const { active } = performance.eventLoopUtilization(before);

  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION });
  histogram.enable();
  await Promise.all(Array.from({ length: atOnce }, launch));
  histogram.disable();
  const delays = {
    p50: delay(histogram.percentile(50)),
    p99: delay(histogram.percentile(99)),
    most: delay(histogram.max),
  };
  return { held, busy: active / one, delays };
}
