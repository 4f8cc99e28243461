/** Several runs beside each other: what each cost, and what it was worth. */
import type { RunResult } from '../experiment/result.ts';
import { COLOURS, type Spec } from './render.ts';

const WIDTH = 210;

function bars(
  runs: readonly RunResult[],
  title: string,
  colour: string,
  value: (run: RunResult) => number,
  first: boolean,
): Spec {
  const values = runs.map((run) => ({ label: run.label, value: Math.round(value(run)) }));
  const y = { field: 'label', type: 'nominal', sort: null, axis: first ? { title: null, labelLimit: 140 } : null };
  const x = {
    field: 'value',
    type: 'quantitative',
    // Room for the figure behind the longest bar.
    scale: { domain: [0, Math.max(1, ...values.map((each) => each.value)) * 1.25], nice: false },
    axis: { title, tickCount: 4, tickMinStep: 1, format: '~s' },
  };
  return {
    width: WIDTH,
    height: { step: 26 },
    data: { values },
    layer: [
      { mark: { type: 'bar', color: colour }, encoding: { x, y } },
      {
        mark: { type: 'text', align: 'left', dx: 4, fontSize: 11 },
        encoding: { x, y, text: { field: 'value', type: 'quantitative' } },
      },
    ],
  };
}

export function comparisonBars(runs: readonly RunResult[]): Spec {
  return {
    hconcat: [
      bars(runs, 'failed requests', '#b02020', ({ load }) => load.failed, true),
      bars(runs, '99th percentile of latency, ms', COLOURS.orange, ({ load }) => load.latency.p99 ?? 0, false),
      bars(
        runs,
        'container seconds, the pool included',
        COLOURS.green,
        ({ containerSeconds: { serving, warm } }) => serving + warm,
        false,
      ),
    ],
    spacing: 24,
  };
}

/** The replicas of each run over the same time, one small plot each. */
export function comparisonReplicas(runs: readonly RunResult[]): Spec {
  const values = runs.flatMap(({ label, samples, began }) =>
    samples.map(({ date, replicas }) => ({ label, time: (date - began) / 1000, replicas })),
  );
  return {
    data: { values },
    facet: {
      field: 'label',
      type: 'nominal',
      sort: runs.map(({ label }) => label),
      columns: 3,
      title: null,
      header: { labelFontSize: 12 },
    },
    spec: {
      width: 220,
      height: 90,
      mark: { type: 'line', interpolate: 'step-after', color: COLOURS.green, strokeWidth: 2 },
      encoding: {
        x: { field: 'time', type: 'quantitative', axis: { title: 'seconds', grid: false, tickCount: 5 } },
        y: {
          field: 'replicas',
          type: 'quantitative',
          scale: { zero: true },
          axis: { title: 'replicas', tickCount: 4, format: 'd' },
        },
      },
    },
    columns: 3,
  };
}
