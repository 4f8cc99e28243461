import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { comparisonText, readResult } from '../../../examples/benchmark/compare/command.ts';
import { compare, differences } from '../../../examples/benchmark/compare/compare.ts';
import { again, type Result, resultText, type Series } from '../../../examples/benchmark/result.ts';

const RECORDED: Result = JSON.parse(readFileSync(new URL('./fixtures/launch.json', import.meta.url), 'utf8'));

const series = (subject: string, middle: number, unit: Series['unit'] = 'ms'): Series => ({
  section: 's',
  condition: '',
  subject,
  unit,
  rounds: [0.99, 1, 1.01, 0.995, 1.005, 1, 1.002, 0.998].map((factor) => [factor * middle, factor * middle]),
});

const result = (...all: Series[]): Result => ({ ...RECORDED, series: all, costs: [] });

t.test('a result is the same as itself', (t) => {
  t.same(differences(RECORDED, RECORDED), []);
  const { rows, alone } = compare(RECORDED, RECORDED);
  t.same(alone, []);
  t.ok(rows.length > 20);
  t.ok(rows.every(({ change, value }) => (change === 'same' || change === 'unknown') && value === 1));
  t.ok(rows.every(({ name }) => !name.endsWith(again(''))));
  t.match(comparisonText({ rows, alone }), /^Nothing changed beyond noise/);
  t.end();
});

t.test('beyond noise is what is beyond the noise that was measured', (t) => {
  const quiet = [series('x', 10), series('y', 10), series(again('y'), 10.1)];
  const change = (after: number, noise = 10.1) =>
    compare(result(...quiet), result(series('x', after), series('y', 10), series(again('y'), noise))).rows[0];
  t.match(change(12), { change: 'worse', name: 's: x' });
  t.match(change(8), { change: 'better' });
  t.match(change(10.05), { change: 'same' });
  t.match(change(12, 13), { change: 'same', noise: 1.3 }, 'a noisy run says nothing');
  t.end();
});

t.test('one round says nothing of another', (t) => {
  const one = (value: number): Series => ({ ...series('x', 1), rounds: [[value]] });
  t.match(compare(result(one(1)), result(one(9))).rows, [{ change: 'unknown', value: 9 }]);
  t.end();
});

t.test('more is better for some units', (t) => {
  const before = result(series('x', 10, 'requests/s'));
  t.match(compare(before, result(series('x', 20, 'requests/s'))).rows, [{ change: 'better' }]);
  t.match(compare(before, result(series('x', 5, 'requests/s'))).rows, [{ change: 'worse' }]);
  t.end();
});

t.test('what only one has is told', (t) => {
  const { alone } = compare(result(series('x', 1), series('y', 1)), result(series('y', 1), series('z', 1)));
  t.same(alone, ['s: x (only in A)', 's: z (only in B)']);
  t.end();
});

t.test('another machine or other options: no comparison', (t) => {
  const other = { ...RECORDED, machine: { ...RECORDED.machine, kernel: '6.2' }, options: { quick: false, runs: 3 } };
  t.same(
    differences(RECORDED, other).map(([what]) => what),
    ['kernel', 'option quick', 'option runs'],
  );
  t.same(differences(RECORDED, { ...RECORDED, suite: 'exec' }), [['suite', 'launch', 'exec']]);
  t.same(
    differences(RECORDED, { ...RECORDED, machine: { ...RECORDED.machine, load: 9 } }),
    [],
    'load is no difference',
  );
  t.end();
});

t.test('files that are no results', (t) => {
  const directory = t.testdir({ text: 'no JSON', other: '{"a":1}', old: JSON.stringify({ ...RECORDED, format: 1 }) });
  const bad = (name: string, message: RegExp) =>
    t.throws(() => readResult(join(directory, name)), { name: 'UsageError', message });
  bad('missing', /ENOENT/);
  bad('text', /cannot be read/);
  bad('other', /not a result of this benchmark/);
  bad('old', /format 1/);
  writeFileSync(join(directory, 'good'), resultText(RECORDED));
  t.equal(readResult(join(directory, 'good')).suite, 'launch');
  t.end();
});

t.test('a file has six digits that count', (t) => {
  const text = resultText(result({ ...series('x', 1), rounds: [[0.123456789, 1234567.891, 3]] }));
  t.match(text, /\[0\.123457,1234570,3\]/);
  t.end();
});
