import { readFileSync } from 'node:fs';
import t from 'tap';
import { evaluate } from '../../../examples/benchmark/report/evaluate.ts';
import { escaped, htmlReport } from '../../../examples/benchmark/report/html.ts';
import { markdownReport, markdownTable } from '../../../examples/benchmark/report/markdown.ts';
import { reportOf } from '../../../examples/benchmark/report/report.ts';
import { summaryText } from '../../../examples/benchmark/report/summary.ts';
import {
  costsByOperation,
  costsByStep,
  costsByWhole,
  medianTable,
  subjectsOf,
} from '../../../examples/benchmark/report/tables.ts';
import { figure } from '../../../examples/benchmark/report/text.ts';
import { findSeries, type Result } from '../../../examples/benchmark/result.ts';
import { launch } from '../../../examples/benchmark/suites/launch/index.ts';

const COMPARISONS = launch.comparisons;

/** A run on a busy machine, most of its samples taken out. */
const RECORDED: Result = JSON.parse(readFileSync(new URL('./fixtures/launch.json', import.meta.url), 'utf8'));

t.test('three digits, and no more than microseconds', (t) => {
  const cases: [number, string][] = [
    [0, '0.00'],
    [0.00123, '0.001'],
    [0.1234, '0.123'],
    [1, '1.00'],
    [1.2345, '1.23'],
    [12.345, '12.3'],
    [123.45, '123'],
    [12345, '12345'],
    [Number.NaN, '-'],
    [Number.POSITIVE_INFINITY, '-'],
  ];
  for (const [value, text] of cases) t.equal(figure(value), text);
  t.end();
});

t.test('a Markdown table', (t) => {
  t.equal(markdownTable(['', 'ms'], [['a|b', '1']]), '|  | ms |\n| --- | ---: |\n| a\\|b | 1 |');
  t.end();
});

t.test('comparisons are of what is there, against their goals', (t) => {
  const name = (subject: string) => ({ section: 's', condition: '', subject });
  const unit = 'ms' as const;
  const result = {
    seed: 1,
    series: [
      { ...name('a'), unit, rounds: [[4], [4]] },
      { ...name('b'), unit, rounds: [[2], [2]] },
    ],
  };
  const verdicts = evaluate(result, [
    { text: 'low enough', over: name('a'), under: name('b'), atMost: 2 },
    { text: 'not high enough', over: name('a'), under: name('b'), atLeast: 2.1 },
    { text: 'no goal', over: name('b'), under: name('a') },
    { text: 'not measured', over: name('c'), under: name('a') },
    { text: 'nor this', over: name('a'), under: name('c') },
    { text: 'a figure', over: name('a'), atMost: 3 },
  ]);
  t.same(verdicts, [
    { text: 'low enough', value: 2, low: 2, high: 2, goal: '≤ 2', met: true, headline: false },
    { text: 'not high enough', value: 2, low: 2, high: 2, goal: '≥ 2.1', met: false, headline: false },
    { text: 'no goal', value: 0.5, low: 0.5, high: 0.5, headline: false },
    { text: 'a figure', value: 4, goal: '≤ 3', met: false, headline: false, unit: 'ms' },
  ]);
  t.end();
});

t.test('every comparison is of something that the suite measures', (t) => {
  for (const { text, over, under } of COMPARISONS) {
    // The recorded run was a quick one, of three peers, without a shell, and from before there was a section for security.
    if (/500 \/|32 at once|objects|lxc|bubblewrap|podman|docker|shell|^security/.test(text)) continue;
    t.ok(findSeries(RECORDED, over), text);
    if (under) t.ok(findSeries(RECORDED, under), text);
  }
  t.end();
});

t.test('the same result gives the same intervals', (t) => {
  t.same(evaluate(RECORDED, COMPARISONS), evaluate(RECORDED, COMPARISONS));
  t.end();
});

t.test('the summary is narrow, and has everything', (t) => {
  const missing = [{ name: 'podman', reason: 'not installed' }];
  const text = summaryText({ ...RECORDED, missing }, evaluate(RECORDED, COMPARISONS));
  for (const line of text.split('\n')) t.ok(line.length < 80, `${line.length}: ${line}`);
  t.match(text, /^back to back +ms +[\d.]+ +[\d.]+ +[\d.]+$/m);
  t.match(text, /^60 ms apart: crun \/ cofferdam +[\d.]+ +[\d.]+–[\d.]+ +≥ 6 (met|no)$/m);
  t.match(text, /^without podman: not installed$/m);
  t.match(text, /share {2}steps of our launch, apart/);
  t.notMatch(text, /NaN|undefined/);
  t.end();
});

t.test('one section alone makes a summary too', (t) => {
  const series = RECORDED.series.filter(({ section }) => section === 'heap');
  const part = { ...RECORDED, series, costs: [] };
  const text = summaryText(part, evaluate(part, COMPARISONS));
  t.match(text, /^heap\n {2}small process, back/m);
  t.notMatch(text, /steps of our|NaN|undefined/);
  t.end();
});

const REPORTED = { ...RECORDED, missing: [{ name: 'runc', reason: 'a|b <c>' }] };

t.test('the report in Markdown', async (t) => {
  const text = markdownReport(await reportOf(launch, REPORTED, evaluate(RECORDED, COMPARISONS)));
  const titles = ['Medians', 'All comparisons', 'Where the time goes', 'How it was measured', 'Commands'];
  for (const title of [...titles, 'Not measured', 'Measured on', 'All series'])
    t.match(text, new RegExp(`^## ${title}$`, 'm'));
  t.match(text, /^\| kernel \| 6\.1\.0/m);
  t.match(text, /^\| apart: cofferdam again \| ms \| \d+ \|/m);
  t.match(text, /^A quick run of \d+ s/m);
  t.notMatch(text, /NaN|undefined/);
  // A table's lines all have as many cells as its head.
  for (const table of text.match(/(^\|.*\n)+/gm) ?? []) {
    const cells = table
      .trimEnd()
      .split('\n')
      .map((line) => line.replaceAll('\\|', '').split('|').length);
    t.equal(new Set(cells).size, 1, table.slice(0, 60));
  }
});

t.test('ten seconds: headlines and a plot come before all else', async (t) => {
  const { blocks } = await reportOf(launch, REPORTED, evaluate(RECORDED, COMPARISONS));
  t.same(
    blocks.slice(0, 3).map(({ kind }) => kind),
    ['table', 'plot', 'paragraph'],
  );
  const [first] = blocks;
  t.match(first, {
    rows: [
      ['60 ms apart: cofferdam / floor', / ×$/, / – /],
      ['60 ms apart: crun / cofferdam', / ×$/],
    ],
  });
});

t.test('the report as a page that needs nothing else', async (t) => {
  const html = htmlReport(await reportOf(launch, REPORTED, evaluate(RECORDED, COMPARISONS)));
  t.match(html, /^<!doctype html>/);
  t.ok((html.match(/<svg /g) ?? []).length >= 5);
  t.notMatch(html, /<script|<link|<img|src=|@import|NaN|undefined/);
  t.match(html, /runc: a\|b &lt;c&gt;/);
  t.equal(escaped(`<a href="&">`), '&lt;a href=&quot;&amp;&quot;&gt;');
  for (const tag of ['table', 'figure', 'ul', 'pre', 'details'])
    t.equal(
      (html.match(new RegExp(`<${tag}[ >]`, 'g')) ?? []).length,
      (html.match(new RegExp(`</${tag}>`, 'g')) ?? []).length,
      tag,
    );
});

t.test('a machine that was busy is called so', async (t) => {
  const text = markdownReport(await reportOf(launch, { ...RECORDED, machine: { ...RECORDED.machine, load: 5 } }, []));
  t.match(text, /The machine was busy/);
});

t.test('tables', (t) => {
  const rows = medianTable(RECORDED.series, ['cofferdam']);
  t.ok(rows.every(({ medians }) => medians.length === 1));
  t.same(
    rows.filter(({ section }) => section === 'at once').map(({ condition }) => condition),
    ['2 at once', '8 at once'],
  );

  const costs = [
    { of: 'apart', operation: 'mount', text: 'mount a', samples: [1, 3] },
    { of: 'apart', operation: 'mount', text: 'mount b', samples: [10, 10] },
    { of: 'apart', operation: 'unshare', text: 'unshare', samples: [5, 6, 100] },
    { of: 'back to back', operation: 'unshare', text: 'unshare', samples: [1] },
  ];
  t.same(
    costsByWhole(costs).map(([whole, all]) => [whole, all.length]),
    [
      ['apart', 3],
      ['back to back', 1],
    ],
  );
  t.same(
    costsByStep(costs.slice(0, 3)).map(({ text, median }) => [text, median]),
    [
      ['mount b', 10],
      ['unshare', 6],
      ['mount a', 2],
    ],
  );
  t.same(costsByOperation(costs.slice(0, 3)), [
    { text: 'mount', count: 2, median: 12, mean: 12 },
    { text: 'unshare', count: 1, median: 6, mean: 37 },
  ]);
  t.end();
});

t.test('subjects in their order, repeated ones left out', (t) => {
  t.same(subjectsOf(RECORDED), ['floor', 'cofferdam', 'crun', 'runc']);
  t.end();
});
