/** What there is to run, and for how long: shown when no suite is named. */
import type { Suite } from '../suite.ts';
import { duration, row } from './text.ts';

const COLUMNS = [
  { width: 10, align: 'left' },
  { width: 8, align: 'right' },
  { width: 8, align: 'right' },
  { width: 2, align: 'left' },
  { width: 50, align: 'left' },
] as const;

const FULL = { quick: false, runs: undefined };
const QUICK = { quick: true, runs: undefined };

export function suiteList(suites: readonly Suite[]): string {
  const lines = suites.flatMap((suite) => [
    row(COLUMNS, [suite.name, duration(suite.seconds(FULL)), duration(suite.seconds(QUICK)), '', suite.about]),
    ...(suite.once ? [row(COLUMNS, ['', '', '', '', `(the first time also ${suite.once})`])] : []),
  ]);
  return [
    row(COLUMNS, ['suite', 'full', '--quick', '', '']),
    ...lines,
    '',
    'npm run bench -- SUITE [--runs N] [--quick] [--out DIR] [--install]',
    'npm run bench -- compare A.json B.json',
    'npm run bench -- SUITE --help',
    '',
  ].join('\n');
}
