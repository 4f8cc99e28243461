/** What samples are in, how an axis calls it, and which direction is good. */
export const UNITS = {
  ms: { axis: 'milliseconds', better: 'less' },
  s: { axis: 'seconds', better: 'less' },
  µs: { axis: 'microseconds', better: 'less' },
  KiB: { axis: 'KiB', better: 'less' },
  'events/s': { axis: 'events per second', better: 'more' },
  'requests/s': { axis: 'requests per second', better: 'more' },
  'MiB/s': { axis: 'MiB per second', better: 'more' },
  'Gbit/s': { axis: 'gigabits per second', better: 'more' },
} as const satisfies Readonly<Record<string, { axis: string; better: 'less' | 'more' }>>;

export type Unit = keyof typeof UNITS;
