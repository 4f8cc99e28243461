/** `npm run bench -- compare A.json B.json` */
import { readFileSync } from 'node:fs';
import { type Options, UsageError, type Work } from '../../shared/command-line.ts';
import { figure, row } from '../report/text.ts';
import { FORMAT, type Result } from '../result.ts';
import { type Change, type Comparison, compare, differences } from './compare.ts';

/** @throws {UsageError} with what is wrong with the file */
export function readResult(path: string): Result {
  let read: unknown;
  try {
    read = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new UsageError(`${path} cannot be read: ${(error as Error).message}`);
  }
  const result = read as Partial<Result>;
  if (typeof result.suite !== 'string' || !Array.isArray(result.series) || result.machine === undefined)
    throw new UsageError(`${path} is not a result of this benchmark; give the SUITE.json of a run`);
  if (result.format !== FORMAT)
    throw new UsageError(`${path} has format ${result.format}, this program knows ${FORMAT}; measure again`);
  return result as Result;
}

const WORDS: Readonly<Record<Change, string>> = { better: 'better', worse: 'WORSE', same: 'same', unknown: '1 round' };
const COLUMNS = [
  { width: 42, align: 'left' },
  { width: 9, align: 'right' },
  { width: 9, align: 'right' },
  { width: 8, align: 'right' },
  { width: 16, align: 'right' },
  { width: 8, align: 'right' },
] as const;

export function comparisonText({ rows, alone }: Comparison): string {
  const lines = rows.map(({ name, unit, before, after, value, low, high, change }) =>
    row(COLUMNS, [
      `${name}, ${unit}`,
      figure(before),
      figure(after),
      figure(value),
      `${figure(low)}–${figure(high)}`,
      WORDS[change],
    ]),
  );
  const changed = rows.filter(({ change }) => change === 'better' || change === 'worse');
  const count = (which: Change) => rows.filter(({ change }) => change === which).length;
  const noise = Math.max(1, ...rows.map((each) => each.noise));
  return [
    changed.length === 0
      ? `Nothing changed beyond noise (${rows.length} series).`
      : `Beyond noise: ${count('worse')} worse, ${count('better')} better, of ${rows.length} series.`,
    `Medians of A and B, B/A with 99 % interval; the same thing measured twice differed by up to ${((noise - 1) * 100).toFixed(1)} %.`,
    '',
    row(COLUMNS, ['', 'A', 'B', 'B/A', 'interval', '']),
    ...lines,
    ...alone.map((name) => `${name}: not compared`),
    '',
  ].join('\n');
}

export const compareFiles: Work<Options> = ({ values, words }) => {
  const [a, b] = words.map(readResult) as [Result, Result];
  const different = differences(a, b);
  if (different.length > 0)
    throw Object.assign(
      new Error(
        ['these results cannot be compared, they differ in more than what was measured:']
          .concat(different.map(([what, first, second]) => `${what}: ${first} / ${second}`))
          .join('\n  '),
      ),
      { code: 'ERR_INCOMPARABLE' },
    );
  const found = compare(a, b);
  process.stdout.write(values.json ? `${JSON.stringify(found, null, 2)}\n` : comparisonText(found));
  return 0;
};
