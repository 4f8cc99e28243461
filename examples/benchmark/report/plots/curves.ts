/** Medians over something that was varied in steps: how many at once, how large a file. */
import type { Series } from '../../result.ts';
import { median } from '../../statistics.ts';
import { UNITS } from '../../units.ts';
import { PALETTE, type Plot, WIDTH } from './plot.ts';

export interface Curves {
  title: string;
  about: string;
  series: readonly Series[];
  /** What was varied, with its unit: 'at once'. */
  along: string;
  /** Where a series stands on that axis. */
  at(series: Series): string;
}

const LEVEL = { titleAngle: 0, titleAnchor: 'end', titleAlign: 'left', titleX: -40, titleY: -14 };

const DASHES = [
  [1, 0],
  [6, 3],
  [2, 2],
  [8, 3, 2, 3],
  [10, 4],
  [1, 3],
  [4, 6],
  [12, 2],
];
const SHAPES = ['circle', 'square', 'triangle-up', 'diamond', 'cross', 'triangle-down', 'triangle-left', 'stroke'];

/** All series must have one unit. */
export function curves({ title, about, series, along, at }: Curves): Plot {
  const unit = series[0]?.unit ?? 'ms';
  const subjects = [...new Set(series.map(({ subject }) => subject))];
  const rows = series.map((each) => ({ at: at(each), subject: each.subject, value: median(each.rounds.flat()) }));
  const values = rows.map(({ value }) => value);
  const logarithmic = Math.min(...values) > 0 && Math.max(...values) / Math.min(...values) > 6;
  const place = {
    field: 'at',
    type: 'nominal',
    sort: [...new Set(rows.map((row) => row.at))],
    title: along,
    axis: { labelAngle: 0 },
  };
  const height = {
    field: 'value',
    type: 'quantitative',
    title: `${UNITS[unit].axis}${logarithmic ? ', logarithmic' : ''} (${UNITS[unit].better} is better)`,
    scale: logarithmic ? { type: 'log' } : { zero: true },
    // Above the axis and level: upright, it would be longer than the plot is high.
    axis: { grid: true, ...LEVEL, ...(logarithmic && { format: '~r', tickCount: 5 }) },
  };
  const legend = { title: null };
  const color = {
    field: 'subject',
    type: 'nominal',
    sort: subjects,
    scale: { domain: subjects, range: [...PALETTE] },
    legend,
  };
  return {
    about,
    spec: {
      title,
      width: WIDTH - 100,
      height: 260,
      data: { values: rows },
      layer: [
        {
          mark: { type: 'line', strokeWidth: 1.8 },
          encoding: {
            x: place,
            y: height,
            color,
            strokeDash: {
              field: 'subject',
              type: 'nominal',
              sort: subjects,
              scale: { domain: subjects, range: DASHES },
              legend,
            },
          },
        },
        {
          mark: { type: 'point', filled: true, size: 80, opacity: 1 },
          encoding: {
            x: place,
            y: height,
            color,
            shape: {
              field: 'subject',
              type: 'nominal',
              sort: subjects,
              scale: { domain: subjects, range: SHAPES },
              legend,
            },
          },
        },
      ],
    } as unknown as Plot['spec'],
  };
}
