/** What the host did meanwhile, second by second: CPU, the disk's throughput, how busy it was. */
import type { Timeline } from '../../result.ts';
import { PALETTE, type Plot, WIDTH } from './plot.ts';

/** Panels, each with the values that share its axis. */
const PANELS = [
  { axis: 'CPU, %', values: ['user', 'system', 'iowait'] },
  { axis: 'disk, MiB/s', values: ['read', 'written'] },
  { axis: 'disk busy, %', values: ['utilisation'] },
] as const;

const DASHES = [
  [1, 0],
  [5, 3],
  [2, 2],
];
const HEIGHT = 90;

interface Row {
  seconds: number;
  value: number;
  what: string;
}

function rowsOf({ seconds, values }: Timeline, names: readonly string[]): Row[] {
  return names.flatMap((what) =>
    (values[what] ?? []).map((value, index) => ({ seconds: seconds[index] ?? index, value, what })),
  );
}

/** One timeline in three panels above each other. */
export function timelinePlot(title: string, timeline: Timeline): Plot {
  const last = Math.max(1, ...timeline.seconds);
  const panels = PANELS.map(({ axis, values }, index) => ({
    width: WIDTH - 60,
    height: HEIGHT,
    data: { values: rowsOf(timeline, values) },
    mark: { type: 'line', strokeWidth: 1.6, clip: true },
    encoding: {
      x: {
        field: 'seconds',
        type: 'quantitative',
        scale: { domain: [0, last], nice: false },
        axis: { title: index === PANELS.length - 1 ? 'seconds' : null, grid: false },
      },
      y: { field: 'value', type: 'quantitative', title: axis, axis: { grid: true, tickCount: 4 } },
      color: {
        field: 'what',
        type: 'nominal',
        sort: [...values],
        scale: { domain: [...values], range: [...PALETTE] },
        legend: { title: null },
      },
      strokeDash: {
        field: 'what',
        type: 'nominal',
        sort: [...values],
        scale: { domain: [...values], range: DASHES },
        legend: { title: null },
      },
    },
  }));
  return {
    about: `The host while ${timeline.during} ran, by iostat, a sample each second.`,
    spec: {
      title,
      vconcat: panels,
      spacing: 12,
      resolve: {
        scale: { color: 'independent', strokeDash: 'independent' },
        legend: { color: 'independent', strokeDash: 'independent' },
      },
    } as unknown as Plot['spec'],
  };
}
