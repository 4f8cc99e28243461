/** How the samples of each subject lie: median, quartiles, whiskers to the last sample within the fences, outliers beyond. */
import type { Series } from '../../result.ts';
import { fences, median, outliers, quantile } from '../../statistics.ts';
import { UNITS } from '../../units.ts';
import { figure } from '../text.ts';
import { FAINT, INK, LABEL, PALETTE, type Plot, WIDTH } from './plot.ts';

/** Rows and outliers are one table, so that panels divide both. */
interface Row {
  kind: 'row';
  row: string;
  group: string;
  least: number;
  first: number;
  median: number;
  third: number;
  most: number;
  label: string;
}

function rowOf(series: Series, group: string): Row {
  const samples = series.rounds.flat();
  const { low, high } = fences(samples);
  const within = samples.filter((each) => each >= low && each <= high);
  return {
    kind: 'row',
    row: series.subject,
    group,
    least: Math.min(...within),
    first: quantile(samples, 0.25),
    median: median(samples),
    third: quantile(samples, 0.75),
    most: Math.max(...within),
    label: figure(median(samples)),
  };
}

/** Beyond this ratio of the largest to the smallest, small ones would be a point at the left edge. */
const LOGARITHMIC = 6;

/** Room right of the data, and for the figures beside it, pixels. */
const MARGIN = 1.15;
const LABELS = 44;

export interface Spread {
  title: string;
  about: string;
  series: readonly Series[];
  /** A panel for each; default: the section's condition. */
  group?(series: Series): string;
}

/** All series must have one unit. */
export function spread({ title, about, series, group = ({ condition }) => condition }: Spread): Plot {
  const unit = series[0]?.unit ?? 'ms';
  const rows = series.map((each) => rowOf(each, group(each)));
  const points = series.flatMap((each) =>
    outliers(each.rounds.flat()).map((value) => ({ kind: 'outlier', row: each.subject, group: group(each), value })),
  );
  const all = [...rows.flatMap(({ least, most }) => [least, most]), ...points.map(({ value }) => value)];
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const logarithmic = low > 0 && high / low > LOGARITHMIC;
  const scale = logarithmic
    ? { type: 'log' as const, domain: [low / 1.25, high * MARGIN], nice: false }
    : { domain: [Math.min(0, low * 1.05), high * 1.05], nice: false };
  const subjects = [...new Set(rows.map(({ row }) => row))];
  const groups = [...new Set(rows.map(({ group }) => group))];
  const axis = {
    title: `${UNITS[unit].axis}${logarithmic ? ', logarithmic' : ''} (${UNITS[unit].better} is better)`,
    grid: true,
    ...(logarithmic && { tickCount: 5, format: '~r' }),
  };
  const x = (field: string) => ({ field, type: 'quantitative' as const, scale, axis });
  const y = {
    field: 'row',
    type: 'nominal' as const,
    sort: subjects,
    title: null,
    axis: { ticks: false, domain: false },
  };
  const rowsOnly = [{ filter: "datum.kind === 'row'" }];
  const layers = [
    {
      transform: rowsOnly,
      mark: { type: 'rule', color: FAINT },
      encoding: { x: x('least'), x2: { field: 'most' }, y },
    },
    {
      transform: rowsOnly,
      mark: { type: 'bar', height: 11, color: PALETTE[2] },
      encoding: { x: x('first'), x2: { field: 'third' }, y },
    },
    {
      transform: rowsOnly,
      mark: { type: 'tick', thickness: 3, size: 17, color: INK },
      encoding: { x: x('median'), y },
    },
    {
      transform: rowsOnly,
      // Right of everything: outliers may be anywhere.
      mark: { type: 'text', align: 'right', fontSize: LABEL, color: INK },
      encoding: { x: { value: WIDTH + LABELS }, y, text: { field: 'label' } },
    },
    {
      transform: [{ filter: "datum.kind === 'outlier'" }],
      mark: { type: 'point', size: 18, color: INK, strokeWidth: 0.8 },
      encoding: { x: x('value'), y },
    },
  ];
  const panel = { width: WIDTH, height: { step: 24 }, layer: layers };
  return {
    about: `${about} Bars: the middle half of all samples, thick mark and figure: their median, circles: outliers.`,
    spec: {
      title,
      data: { values: [...rows, ...points] },
      ...(groups.length > 1
        ? {
            facet: {
              row: {
                field: 'group',
                type: 'nominal',
                sort: groups,
                title: null,
                header: { labelAngle: 0, labelAlign: 'left', labelAnchor: 'start', labelOrient: 'top' },
              },
            },
            spec: panel,
            resolve: { scale: { y: 'independent' } },
            spacing: 14,
          }
        : panel),
    } as unknown as Plot['spec'],
  };
}
