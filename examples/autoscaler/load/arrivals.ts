/**
 * When each request is to be sent: known before the first one is. A generator that waits for an answer before it sends the next
 * request asks less of a slow system, and so does not see how slow it is.
 */
import type { Random } from '../../benchmark/random.ts';
import type { Shape } from './shapes.ts';

/** 'poisson': as independent users come. 'even': as regularly as the rate allows. */
export type Spacing = 'poisson' | 'even';

/** Of the integral of the rate, seconds. */
const STEP = 0.01;

/** Milliseconds since the beginning, ascending. */
export function arrivalTimes(shape: Shape, spacing: Spacing, random: Random): Float64Array {
  const times: number[] = [];
  // How much load has come since the last request, and after how much the next one is due.
  let sum = 0;
  const gap = (): number => (spacing === 'even' ? 1 : -Math.log(1 - random.next()));
  let due = spacing === 'even' ? 0.5 : gap();
  for (let i = 0; i * STEP < shape.duration; i++) {
    const begin = i * STEP;
    const added = shape.rate(begin + STEP / 2) * STEP;
    while (due <= sum + added && added > 0) {
      const time = begin + ((due - sum) / added) * STEP;
      if (time < shape.duration) times.push(time * 1000);
      due += gap();
    }
    sum += added;
  }
  return Float64Array.from(times);
}
