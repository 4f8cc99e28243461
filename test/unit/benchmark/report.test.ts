import { readFileSync } from 'node:fs';
import t from 'tap';
import { evaluate } from '../../../examples/benchmark/report/evaluate.ts';
import { markdownReport } from '../../../examples/benchmark/report/markdown.ts';
import { summaryText } from '../../../examples/benchmark/report/summary.ts';
import { costsByOperation, costsByPace, costsByStep, medianTable } from '../../../examples/benchmark/report/tables.ts';
import { figure, markdownTable } from '../../../examples/benchmark/report/text.ts';
import { findSeries, type Result } from '../../../examples/benchmark/result.ts';
import { COMPARISONS } from '../../../examples/benchmark/suites/launch/goals.ts';
import { SECTION_NAMES, SECTIONS } from '../../../examples/benchmark/suites/launch/index.ts';
import { sizeOf } from '../../../examples/benchmark/suites/launch/size.ts';

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
  const result = {
    seed: 1,
    series: [
      { ...name('a'), rounds: [[4], [4]] },
      { ...name('b'), rounds: [[2], [2]] },
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
    { text: 'low enough', value: 2, low: 2, high: 2, goal: '≤ 2', met: true },
    { text: 'not high enough', value: 2, low: 2, high: 2, goal: '≥ 2.1', met: false },
    { text: 'no goal', value: 0.5, low: 0.5, high: 0.5 },
    { text: 'a figure', value: 4, goal: '≤ 3', met: false },
  ]);
  t.end();
});

t.test('every comparison is of something that the suite measures', (t) => {
  for (const { text, over, under } of COMPARISONS) {
    // The recorded run was a quick one, which does not go to a thousand containers.
    if (over.condition.startsWith('1000 ')) continue;
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
  t.match(text, /^back-to-back +[\d.]+ +[\d.]+ +[\d.]+ +[\d.]+$/m);
  t.match(text, /^60 ms apart: crun \/ cofferdam +[\d.]+ +[\d.]+–[\d.]+ +≥ 6 (met|no)$/m);
  t.match(text, /^without podman: not installed$/m);
  t.match(text, /share {2}steps of our own launch, apart/);
  t.notMatch(text, /NaN|undefined/);
  t.end();
});

t.test('one section alone makes a summary too', (t) => {
  const series = RECORDED.series.filter(({ section }) => section === 'exec');
  const part = { ...RECORDED, series, costs: [] };
  const text = summaryText(part, evaluate(part, COMPARISONS));
  t.match(text, /^exec\n {2}back to back/m);
  t.notMatch(text, /steps of our own|NaN|undefined/);
  t.end();
});

t.test('the report', (t) => {
  const text = markdownReport(
    { ...RECORDED, missing: [{ name: 'runc', reason: 'a|b' }] },
    evaluate(RECORDED, COMPARISONS),
  );
  for (const title of ['Ratios', 'Medians, milliseconds', 'All series', 'Measured on', 'Method', 'Not measured'])
    t.match(text, new RegExp(`^## ${title}$`, 'm'));
  t.match(text, /^\| kernel \| 6\.1\.0/m);
  t.match(text, /^\| exec: apart: cofferdam again \| \d+ \|/m);
  t.notMatch(text, /NaN|undefined/);
  // A table's lines all have as many cells as its head.
  for (const table of text.match(/(^\|.*\n)+/gm) ?? []) {
    const cells = table
      .trimEnd()
      .split('\n')
      .map((line) => line.replaceAll('\\|', '').split('|').length);
    t.equal(new Set(cells).size, 1, table.slice(0, 60));
  }
  t.end();
});

t.test('tables', (t) => {
  const rows = medianTable(RECORDED.series, ['cofferdam']);
  t.ok(rows.every(({ medians }) => medians.length === 1));
  t.same(
    rows.filter(({ section }) => section === 'throughput').map(({ condition }) => condition),
    ['2 at once', '8 at once'],
  );

  const costs = [
    { pace: 'apart', operation: 'mount', text: 'mount a', samples: [1, 3] },
    { pace: 'apart', operation: 'mount', text: 'mount b', samples: [10, 10] },
    { pace: 'apart', operation: 'unshare', text: 'unshare', samples: [5, 6, 100] },
    { pace: 'back to back', operation: 'unshare', text: 'unshare', samples: [1] },
  ];
  t.same(
    costsByPace(costs).map(([pace, all]) => [pace, all.length]),
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

t.test('sizes', (t) => {
  t.equal(sizeOf(false).rounds, 20);
  t.equal(sizeOf(true).rounds, 4);
  t.equal(sizeOf(true, 7).rounds, 7);
  t.same(new Set(SECTION_NAMES).size, SECTION_NAMES.length);
  const quick = SECTIONS.reduce((sum, section) => sum + section.seconds(sizeOf(true)), 0);
  t.ok(quick < 120, `a quick run is said to take ${quick} s`);
  t.end();
});
