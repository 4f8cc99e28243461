/** What policies remember: values of the last so many milliseconds, the oldest first. Never changed, only made anew. */

export interface Point {
  time: number;
  value: number;
}

export type Series = readonly Point[];

/** With one more; what is older than `span` is left out, but for the one before, from which differences are taken. */
export function append(series: Series, time: number, value: number, span: number): Series {
  const first = series.findIndex((point) => point.time >= time - span);
  const kept = first < 0 ? series.slice(-1) : series.slice(Math.max(0, first - 1));
  return [...kept, { time, value }];
}

/** Those of the last `span` milliseconds. */
export const recent = (series: Series, span: number): Series => {
  const last = series.at(-1);
  return last ? series.filter(({ time }) => time >= last.time - span) : [];
};

/** How much a counter rose a second, over the last `span` milliseconds or what there is of them. 0 when there is none. */
export function rateOf(series: Series, span: number): number {
  const last = series.at(-1);
  if (!last) return 0;
  const from = series.findLast(({ time }) => time <= last.time - span) ?? series[0];
  if (!from || last.time <= from.time) return 0;
  // A balancer that was started anew counts from 0 again.
  return Math.max(0, ((last.value - from.value) / (last.time - from.time)) * 1000);
}

export const most = (series: Series): number => series.reduce((value, point) => Math.max(value, point.value), 0);

export const average = (series: Series): number =>
  series.length === 0 ? 0 : series.reduce((sum, { value }) => sum + value, 0) / series.length;
