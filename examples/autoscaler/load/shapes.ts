/** How much load there is at each moment: requests a second, over seconds since the beginning. */

export interface Shape {
  /** Seconds. */
  duration: number;
  /** Requests a second at `time` seconds. */
  rate(time: number): number;
  /** Seconds at which the load changes: what is judged by its changes is judged between these. */
  changes: readonly number[];
}

export const constant = (duration: number, rate: number): Shape => ({ duration, rate: () => rate, changes: [] });

/** `low`, from one quarter of the time on `high`, and from 55 % on `low` again, with time enough for both to settle. */
export function step(duration: number, low: number, high: number): Shape {
  const [up, down] = [duration * 0.25, duration * 0.55];
  return { duration, rate: (time) => (time >= up && time < down ? high : low), changes: [up, down] };
}

/** Up in a straight line until 45 % of the time, and down again until 75 %. */
export function ramp(duration: number, low: number, high: number): Shape {
  const [from, top, end] = [duration * 0.1, duration * 0.45, duration * 0.75];
  return {
    duration,
    rate(time) {
      if (time <= from || time >= end) return low;
      const share = time < top ? (time - from) / (top - from) : (end - time) / (end - top);
      return low + (high - low) * share;
    },
    changes: [from, top, end],
  };
}

/** Ten times the load at once, for an eighth of the time. */
export function spike(duration: number, low: number, high: number): Shape {
  const [up, down] = [duration * 0.3, duration * 0.425];
  return { duration, rate: (time) => (time >= up && time < down ? high : low), changes: [up, down] };
}

/** Waves of `period` seconds, which begin at their lowest. */
export function sine(duration: number, low: number, high: number, period: number): Shape {
  const changes: number[] = [];
  for (let half = period / 2; half < duration; half += period / 2) changes.push(half);
  return {
    duration,
    rate: (time) => low + ((high - low) * (1 - Math.cos((2 * Math.PI * time) / period))) / 2,
    changes,
  };
}

/** A recorded trace: at each point the rate changes to another one. */
export interface TracePoint {
  /** Seconds. */
  time: number;
  /** Requests a second. */
  rate: number;
}

export function trace(points: readonly TracePoint[], duration = (points.at(-1)?.time ?? 0) + 1): Shape {
  return {
    duration,
    rate(time) {
      const [first, second] = around(points, time);
      if (!first) return points[0]?.rate ?? 0;
      if (!second) return first.rate;
      // In between as in a straight line.
      return first.rate + ((second.rate - first.rate) * (time - first.time)) / (second.time - first.time);
    },
    changes: [],
  };
}

/** The points before and after a moment. */
function around(points: readonly TracePoint[], time: number): [TracePoint | undefined, TracePoint | undefined] {
  let [low, high] = [0, points.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((points[middle]?.time ?? 0) <= time) low = middle + 1;
    else high = middle;
  }
  return [points[low - 1], points[low]];
}

/** A trace's CSV: 'seconds,rate' in the first line, then one point a line. @throws {Error} that names the line */
export function parseTrace(text: string): TracePoint[] {
  const [head, ...lines] = text.trim().split(/\r?\n/);
  if (head !== 'seconds,rate') throw new Error(`a trace begins with the line 'seconds,rate', this one with '${head}'`);
  const points = lines.map((line, i) => {
    const [time = Number.NaN, rate = Number.NaN, ...more] = line
      .split(',')
      .map((field) => (field === '' ? Number.NaN : Number(field)));
    if (!(time >= 0) || !(rate >= 0) || more.length > 0) throw new Error(`line ${i + 2} of the trace is '${line}'`);
    return { time, rate };
  });
  points.forEach(({ time }, i) => {
    if (i > 0 && time <= (points[i - 1]?.time ?? 0))
      throw new Error(`line ${i + 2} of the trace is not later than the one before`);
  });
  if (points.length === 0) throw new Error('the trace has no points');
  return points;
}

export const formatTrace = (points: readonly TracePoint[]): string =>
  ['seconds,rate', ...points.map(({ time, rate }) => `${time},${rate}`), ''].join('\n');
