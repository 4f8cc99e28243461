/** How long launches keep this process's event loop from other work. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Blocking } from './protocol.ts';

/** Of the timer that measures delays, milliseconds. The histogram's values are whole intervals: this much is no delay. */
const RESOLUTION = 1;

/** Percentile 99 of a timer's delay while so many launches run at once. */
async function delayDuring(launch: () => Promise<number>, atOnce: number): Promise<number> {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION });
  histogram.enable();
  await Promise.all(Array.from({ length: atOnce }, launch));
  histogram.disable();
  return Math.max(0, histogram.percentile(99) / 1e6 - RESOLUTION);
}

/**
 * @param launch gives for how long its calls held the loop
 * @param one so many launches, one after the other
 * @param atOnce then so many at the same time; none with 0
 */
export async function measureBlocking(launch: () => Promise<number>, one: number, atOnce: number): Promise<Blocking> {
  const held: number[] = [];
  const before = performance.eventLoopUtilization();
  for (let i = 0; i < one; i++) held.push(await launch());
  const { active } = performance.eventLoopUtilization(before);
  return { held, busy: active / one, ...(atOnce > 0 && { delay: await delayDuring(launch, atOnce) }) };
}
