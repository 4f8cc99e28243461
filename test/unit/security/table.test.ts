/** docs/security.md: what it says of a CVE is so. */
import { readdirSync, readFileSync } from 'node:fs';
import t from 'tap';

const root = new URL('../../../', import.meta.url);
const NUMBER = /CVE-\d{4}-\d{4,}/g;
const numbers = (text: string): string[] => text.match(NUMBER) ?? [];

const rows = readFileSync(new URL('docs/security.md', root), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('|'));
const UNTESTED = /\| (does not apply|not tested) \|$/;

const tested = new Set(
  readdirSync(new URL('test', root), { recursive: true })
    .map(String)
    .filter((name) => /\.test\.ts$|_test\.cpp$/.test(name))
    .flatMap((name) => numbers(readFileSync(new URL(`test/${name}`, root), 'utf8'))),
);

t.test('each row that names a test has one with its numbers', (t) => {
  for (const row of rows.filter((each) => !UNTESTED.test(each)))
    for (const number of numbers(row)) t.ok(tested.has(number), number);
  t.end();
});

t.test('each number of a test is in the table', (t) => {
  const listed = new Set(rows.flatMap((row) => numbers(row)));
  for (const number of tested) if (!listed.has(number)) t.fail(number);
  t.ok(listed.size > 60);
  t.end();
});
