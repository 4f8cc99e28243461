/** `report`: the assignment's report, out of the experiments' own data. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { execa } from 'execa';
import type { Values } from '../../shared/command-line.ts';
import type { ExperimentResult } from '../experiment/result.ts';
import type { REPORT } from '../options.ts';
import { assignmentReport } from '../report/assignment.ts';
import { fail } from './system.ts';

/** The newest result of each experiment below a directory. */
function resultsIn(directory: string): ExperimentResult[] {
  const newest = new Map<string, ExperimentResult>();
  let names: string[];
  try {
    names = readdirSync(directory);
  } catch {
    names = [];
  }
  for (const name of names) {
    let result: ExperimentResult;
    try {
      result = JSON.parse(readFileSync(join(directory, name, 'result.json'), 'utf8'));
    } catch {
      continue;
    }
    const before = newest.get(result.experiment);
    if (result.format === 1 && (!before || before.began < result.began)) newest.set(result.experiment, result);
  }
  return [...newest.values()];
}

const BROWSERS = ['chromium', 'google-chrome', 'chrome'] as const;

async function print(directory: string): Promise<void> {
  const profile = mkdtempSync(join(tmpdir(), 'cofferdam-print-'));
  const page = pathToFileURL(join(directory, 'report.html')).href;
  try {
    for (const browser of BROWSERS) {
      const { exitCode, failed } = await execa(
        browser,
        [
          '--headless',
          '--no-sandbox',
          '--disable-gpu',
          `--user-data-dir=${profile}`,
          '--no-pdf-header-footer',
          `--print-to-pdf=${join(directory, 'report.pdf')}`,
          page,
        ],
        { reject: false, stdout: 'ignore', stderr: 'ignore', timeout: 120_000 },
      );
      if (!failed && exitCode === 0) return;
    }
    throw fail('--pdf needs Chromium: sudo apt-get install -y --no-install-recommends chromium', 'ERR_CHROMIUM');
  } finally {
    rmSync(profile, { recursive: true, force: true });
  }
}

export async function report(
  { pdf, author }: Values<typeof REPORT.options>,
  [given = 'results']: readonly string[],
  notice: (text: string) => void,
): Promise<number> {
  const directory = resolve(given);
  const results = resultsIn(directory);
  if (results.length === 0) {
    notice(`${directory} has no results; make some with: npm run autoscaler -- experiment step`);
    return 1;
  }
  for (const [name, text] of Object.entries(await assignmentReport(results, author)))
    writeFileSync(join(directory, name), text);
  if (pdf) await print(directory);
  notice(
    `${join(directory, `report.${pdf ? 'pdf' : 'html'}`)}, from ${results.map(({ experiment }) => experiment).join(', ')}`,
  );
  return 0;
}
