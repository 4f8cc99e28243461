/** Plots are pictures with something in them, whose axes say what they show. */
import { readFileSync } from 'node:fs';
import t from 'tap';
import { evaluate } from '../../../examples/benchmark/report/evaluate.ts';
import { curves } from '../../../examples/benchmark/report/plots/curves.ts';
import { drawPlot, type Plot } from '../../../examples/benchmark/report/plots/plot.ts';
import { ratioPlot } from '../../../examples/benchmark/report/plots/ratios.ts';
import { spread } from '../../../examples/benchmark/report/plots/spread.ts';
import { stagePlot } from '../../../examples/benchmark/report/plots/stages.ts';
import { timelinePlot } from '../../../examples/benchmark/report/plots/timelines.ts';
import type { Result } from '../../../examples/benchmark/result.ts';
import { launch } from '../../../examples/benchmark/suites/launch/index.ts';

const RECORDED: Result = JSON.parse(readFileSync(new URL('./fixtures/launch.json', import.meta.url), 'utf8'));

/** Texts of a picture, marks in it. */
async function drawn(plot: Plot): Promise<{ texts: string[]; marks: number; svg: string; about: string }> {
  const { svg, about } = await drawPlot(plot);
  return {
    svg,
    about,
    texts: [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text as string),
    marks: (svg.match(/aria-roledescription="[^"]*mark[^"]*"|<path /g) ?? []).length,
  };
}

const some = RECORDED.series.filter(({ section }) => section === 'apart');

t.test('how samples lie', async (t) => {
  const { texts, marks, svg, about } = await drawn(spread({ title: 'A title', about: 'What it is.', series: some }));
  t.match(svg, /^<svg /);
  t.notMatch(svg, /NaN|undefined|<script|href="http/);
  t.ok(texts.includes('A title'));
  for (const { subject } of some) t.ok(texts.includes(subject), subject);
  t.ok(
    texts.some((text) => /^milliseconds, logarithmic \(less is better\)$/.test(text)),
    texts.join(' | '),
  );
  t.ok(marks > 10);
  t.match(about, /^What it is\. Bars: the middle half/);
});

t.test('panels for conditions', async (t) => {
  const series = RECORDED.series.filter(({ section }) => section === 'heap');
  const { texts } = await drawn(spread({ title: 'Heaps', about: '', series }));
  for (const { condition } of series) t.ok(texts.includes(condition), condition);
});

t.test('an outlier is a point of its own', async (t) => {
  const rounds = [[1, 1.1, 0.9, 1, 1.05, 0.95, 9]];
  const one = { section: 's', condition: '', subject: 'x', unit: 'ms' as const };
  const circles = async (samples: number[][]) =>
    (
      (await drawPlot(spread({ title: '', about: '', series: [{ ...one, rounds: samples }] }))).svg.match(
        /A[\d.]+,[\d.]+,0,1,1/g,
      ) ?? []
    ).length;
  t.ok((await circles(rounds)) > (await circles([rounds[0]?.slice(0, 6) ?? []])));
});

t.test('medians along something', async (t) => {
  const series = RECORDED.series.filter(({ section }) => section === 'at once');
  const { texts, svg } = await drawn(
    curves({
      title: 'T',
      about: '',
      series,
      along: 'at once',
      at: ({ condition }) => condition.replace(' at once', ''),
    }),
  );
  for (const text of ['at once', '2', '8', 'floor', 'cofferdam', 'crun', 'runc']) t.ok(texts.includes(text), text);
  t.match(svg, /stroke-dasharray="6,3"/, 'lines differ without colours');
});

t.test('ratios', async (t) => {
  const verdicts = evaluate(RECORDED, launch.comparisons);
  const { texts } = await drawn(ratioPlot('R', '', verdicts.slice(0, 3)));
  t.ok(texts.includes('ratio, logarithmic'));
  t.ok(texts.includes(verdicts[0]?.text ?? ''));
});

t.test('stages', async (t) => {
  const stages = [
    { whole: 'a', stage: 'kernel', value: 2 },
    { whole: 'a', stage: 'systemd', value: 3 },
    { whole: 'b', stage: 'kernel', value: 1 },
  ];
  const { texts } = await drawn(stagePlot({ title: 'S', about: '', axis: 'seconds', stages }));
  for (const text of ['seconds', 'a', 'b', 'kernel', 'systemd', '5.00', '1.00']) t.ok(texts.includes(text), text);
});

t.test('a timeline', async (t) => {
  const values = { user: [1, 2], system: [3, 4], iowait: [5, 6], read: [1, 1], written: [2, 2], utilisation: [50, 60] };
  const { texts } = await drawn(timelinePlot('T', { during: 'a run', seconds: [1, 2], values }));
  for (const text of ['CPU, %', 'disk, MiB/s', 'disk busy, %', 'seconds', 'user', 'iowait', 'written', 'utilisation'])
    t.ok(texts.includes(text), text);
});

t.test('every plot of a suite', async (t) => {
  const plots = launch.plots(RECORDED);
  t.ok(plots.length >= 5);
  for (const plot of plots) {
    const { svg, texts } = await drawn(plot);
    t.notMatch(svg, /NaN|undefined/, plot.about);
    t.ok(
      texts.some((text) => /milliseconds|microseconds/.test(text)),
      plot.about,
    );
  }
  t.same(launch.plots({ ...RECORDED, series: [], costs: [] }), [], 'nothing measured, nothing drawn');
});
