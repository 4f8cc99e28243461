/** Ratios with their intervals, around the line where both are the same. */
import type { Verdict } from '../evaluate.ts';
import { figure } from '../text.ts';
import { FAINT, INK, LABEL, type Plot, WIDTH } from './plot.ts';

export function ratioPlot(title: string, about: string, verdicts: readonly Verdict[]): Plot {
  const rows = verdicts.flatMap(({ text, value, low, high, unit }) =>
    unit || low === undefined || high === undefined ? [] : [{ text, value, low, high, label: `${figure(value)} ×` }],
  );
  const least = Math.min(1, ...rows.map(({ low }) => low));
  const most = Math.max(1, ...rows.map(({ high }) => high));
  const scale = { type: 'log' as const, domain: [least / 1.15, most * 1.8], nice: false };
  const axis = { title: 'ratio, logarithmic', grid: true, format: '~r', tickCount: 6 };
  const x = (field: string) => ({ field, type: 'quantitative' as const, scale, axis });
  const y = {
    field: 'text',
    type: 'nominal' as const,
    sort: rows.map(({ text }) => text),
    title: null,
    axis: { ticks: false, domain: false, labelLimit: 360 },
  };
  return {
    about: `${about} Points: ratios of medians, lines: 95 % intervals; the upright line is where both are the same.`,
    spec: {
      title,
      width: WIDTH - 140,
      height: { step: 26 },
      data: { values: rows },
      layer: [
        { mark: { type: 'rule', color: FAINT, strokeDash: [4, 3] }, encoding: { x: { datum: 1, scale, axis } } },
        { mark: { type: 'rule', color: INK, strokeWidth: 2 }, encoding: { x: x('low'), x2: { field: 'high' }, y } },
        { mark: { type: 'point', filled: true, size: 70, color: INK, opacity: 1 }, encoding: { x: x('value'), y } },
        {
          mark: { type: 'text', align: 'left', dx: 8, dy: -1, fontSize: LABEL, color: INK },
          encoding: { x: x('high'), y, text: { field: 'label' } },
        },
      ],
    } as Plot['spec'],
  };
}
