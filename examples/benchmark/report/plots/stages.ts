/** Wholes made of stages, one bar each: where the time of a boot or of a launch goes. */
import { figure } from '../text.ts';
import { INK, LABEL, PALETTE, type Plot, WIDTH } from './plot.ts';

export interface Stage {
  /** What it is a stage of. */
  whole: string;
  stage: string;
  value: number;
}

export interface Stages {
  title: string;
  about: string;
  /** Of the axis, with the unit. */
  axis: string;
  /** In the order in which they follow each other. */
  stages: readonly Stage[];
}

export function stagePlot({ title, about, axis, stages }: Stages): Plot {
  const wholes = [...new Set(stages.map(({ whole }) => whole))];
  const names = [...new Set(stages.map(({ stage }) => stage))];
  const ends = new Map<string, number>();
  const rows = stages.map((each) => {
    const from = ends.get(each.whole) ?? 0;
    ends.set(each.whole, from + each.value);
    return { ...each, from, to: from + each.value };
  });
  const totals = [...ends].map(([whole, total]) => ({ whole, total, label: figure(total) }));
  const most = Math.max(...totals.map(({ total }) => total));
  const scale = { domain: [0, most * 1.12], nice: false };
  const y = { field: 'whole', type: 'nominal', sort: wholes, title: null, axis: { ticks: false, domain: false } };
  return {
    about,
    spec: {
      title,
      width: WIDTH - 60,
      height: { step: 30 },
      layer: [
        {
          data: { values: rows },
          mark: { type: 'bar', height: 18, stroke: 'white', strokeWidth: 1 },
          encoding: {
            y,
            x: { field: 'from', type: 'quantitative', scale, axis: { title: axis, grid: true } },
            x2: { field: 'to' },
            color: {
              field: 'stage',
              type: 'nominal',
              sort: names,
              scale: { domain: names, range: [...PALETTE] },
              legend: { title: null, orient: 'bottom', columns: 3 },
            },
          },
        },
        {
          data: { values: totals },
          mark: { type: 'text', align: 'left', dx: 6, fontSize: LABEL, color: INK },
          encoding: { y, x: { field: 'total', type: 'quantitative', scale }, text: { field: 'label' } },
        },
      ],
    } as unknown as Plot['spec'],
  };
}
