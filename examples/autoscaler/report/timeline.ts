/** One run over time: load, replicas, queue, latency, failures and container seconds, one above the other. */
import type { RunResult } from '../experiment/result.ts';
import { COLOURS, type Spec } from './render.ts';

const WIDTH = 760;
const HEIGHT = 120;

interface Line {
  label: string;
  colour: string;
}

interface Panel {
  title: string;
  lines: readonly Line[];
  points: { time: number; value: number; line: string }[];
  interpolate?: 'step-after' | 'linear';
  /** The axis goes at least to this. */
  least: number;
}

const axis = (title: string) => ({
  title,
  titlePadding: 8,
  minExtent: 46,
  maxExtent: 46,
  tickCount: 4,
  tickMinStep: 1,
  format: '~s',
});

/** A line plot; marks stand behind it. */
function panel(
  { title, lines, points, interpolate = 'linear', least }: Panel,
  end: number,
  marks: Spec[],
  isLast: boolean,
): Spec {
  const top = Math.max(least, ...points.map(({ value }) => value));
  return {
    width: WIDTH,
    height: HEIGHT,
    layer: [
      ...marks,
      {
        data: { values: points },
        mark: { type: 'line', interpolate, strokeWidth: 2 },
        encoding: {
          x: {
            field: 'time',
            type: 'quantitative',
            scale: { domain: [0, end], nice: false },
            axis: { title: isLast ? 'seconds since the load began' : null, labels: true, tickCount: 12, grid: false },
          },
          y: { field: 'value', type: 'quantitative', scale: { domain: [0, top], nice: true }, axis: axis(title) },
          color: {
            field: 'line',
            type: 'nominal',
            scale: { domain: lines.map(({ label }) => label), range: lines.map(({ colour }) => colour) },
            legend: { orient: 'right', offset: 12 },
          },
        },
      },
    ],
  };
}

/** Rules at decisions and faults, which their own legend explains. */
function marksOf(run: RunResult, end: number): Spec[] {
  const decisions = run.journal
    .filter(({ kind, details }) => kind === 'scale' && details !== undefined)
    .map(({ date, details }) => ({
      time: (date - run.began) / 1000,
      mark: Number(details?.to) > Number(details?.from) ? 'decision: up' : 'decision: down',
    }));
  const faults = run.faults.map(({ time, what }) => ({
    time,
    mark: what === 'controller' ? 'controller killed' : what === 'hang' ? 'replica hangs' : 'replica killed',
  }));
  const values = [...decisions, ...faults].filter(({ time }) => time >= 0 && time <= end);
  if (values.length === 0) return [];
  const styles: Record<string, { colour: string; dash: number[] }> = {
    'decision: up': { colour: '#d98a52', dash: [3, 3] },
    'decision: down': { colour: '#6aa5c9', dash: [3, 3] },
    'replica killed': { colour: '#b02020', dash: [1, 0] },
    'replica hangs': { colour: '#8030a0', dash: [1, 0] },
    'controller killed': { colour: '#202020', dash: [1, 0] },
  };
  const there = Object.keys(styles).filter((name) => values.some(({ mark }) => mark === name));
  const legend = { orient: 'right', offset: 12, symbolType: 'stroke' };
  return [
    {
      data: { values },
      mark: { type: 'rule', strokeWidth: 1.2, opacity: 0.8 },
      encoding: {
        x: { field: 'time', type: 'quantitative' },
        stroke: {
          field: 'mark',
          type: 'nominal',
          scale: { domain: there, range: there.map((name) => styles[name]?.colour) },
          legend,
        },
        strokeDash: {
          field: 'mark',
          type: 'nominal',
          scale: { domain: there, range: there.map((name) => styles[name]?.dash) },
          legend,
        },
      },
    },
  ];
}

export function timeline(run: RunResult): Spec {
  const { load, samples, began } = run;
  const at = (date: number): number => (date - began) / 1000;
  const end = Math.ceil(Math.max(...load.seconds.map(({ time }) => time + 1), 1));
  const seen = samples.filter(({ date }) => at(date) <= end);
  const bySecond = (line: string, value: (second: (typeof load.seconds)[number]) => number) =>
    load.seconds
      .filter(({ time }) => time < end)
      .map((second) => ({ time: second.time + 0.5, value: value(second), line }));
  const bySample = (line: string, value: (sample: (typeof seen)[number]) => number) =>
    seen.map((sample) => ({ time: at(sample.date), value: value(sample), line }));
  // A controller that was started anew counts its seconds from 0.
  const sums = { serving: 0, warm: 0 };
  const containers = seen.flatMap((sample, i) => {
    const before = seen[i - 1] ?? sample;
    sums.serving += Math.max(0, sample.servingSeconds - before.servingSeconds);
    sums.warm += Math.max(0, sample.warmSeconds - before.warmSeconds);
    const time = at(sample.date);
    return [
      { time, value: sums.serving, line: 'serving' },
      { time, value: sums.warm, line: 'in the pool' },
    ];
  });

  const panels: Panel[] = [
    {
      title: 'requests/s',
      lines: [
        { label: 'offered', colour: COLOURS.orange },
        { label: 'served', colour: COLOURS.blue },
      ],
      points: [...bySecond('offered', ({ offered }) => offered), ...bySecond('served', ({ served }) => served)],
      least: 10,
    },
    {
      title: 'replicas',
      lines: [
        { label: 'wanted', colour: COLOURS.orange },
        { label: 'serving', colour: COLOURS.green },
        { label: 'in the pool', colour: COLOURS.sky },
      ],
      points: [
        ...bySample('wanted', ({ desired }) => desired),
        ...bySample('serving', ({ replicas }) => replicas),
        ...bySample('in the pool', ({ warm }) => warm),
      ],
      interpolate: 'step-after',
      least: 4,
    },
    {
      title: 'requests queued',
      lines: [{ label: 'at the balancer', colour: COLOURS.violet }],
      points: bySample('at the balancer', ({ queued }) => queued),
      least: 10,
    },
    {
      title: 'latency, ms',
      lines: [
        { label: 'median', colour: COLOURS.blue },
        { label: '95th percentile', colour: COLOURS.green },
        { label: '99th percentile', colour: COLOURS.orange },
      ],
      points: [
        ...bySecond('median', ({ p50 }) => p50),
        ...bySecond('95th percentile', ({ p95 }) => p95),
        ...bySecond('99th percentile', ({ p99 }) => p99),
      ],
      least: 10,
    },
    {
      title: 'failures/s',
      lines: [{ label: `failed: ${load.failed} in all`, colour: '#b02020' }],
      points: bySecond(`failed: ${load.failed} in all`, ({ failed }) => failed),
      least: 1,
    },
    {
      title: 'container seconds',
      lines: [
        { label: 'serving', colour: COLOURS.green },
        { label: 'in the pool', colour: COLOURS.sky },
      ],
      points: containers,
      least: 10,
    },
  ];
  return {
    vconcat: panels.map((each, i) =>
      panel(each, end, each.title === 'replicas' ? marksOf(run, end) : [], i === panels.length - 1),
    ),
    spacing: 14,
    resolve: { scale: { color: 'independent', stroke: 'independent', strokeDash: 'independent' } },
  };
}
