/** How long launches keep this process's event loop from other work. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Blocking } from './protocol.ts';

/** Of the timer that measures delays, milliseconds. The histogram's values are whole intervals: this much is no delay. */
const RESOLUTION = 1;

/**
 * Milliseconds with timers before and after: the histogram counts from its first timer on, and the calls of the first
 * launches are the longest wait of all.
 */
const MARGIN = 20;

/** Delays of a timer while so many launches run at once. */
async function delaysDuring(launch: () => Promise<number>, atOnce: number): Promise<Blocking['delays']> {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION });
  histogram.enable();
  await sleep(MARGIN);
  await Promise.all(Array.from({ length: atOnce }, launch));
  await sleep(MARGIN);
  histogram.disable();
  const delay = (nanoseconds: number) => Math.max(0, nanoseconds / 1e6 - RESOLUTION);
  return { p99: delay(histogram.percentile(99)), most: delay(histogram.max) };
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
  return { held, busy: active / one, ...(atOnce > 0 && { delays: await delaysDuring(launch, atOnce) }) };
}
