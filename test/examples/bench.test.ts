/** The benchmark as a person runs it: two small suites, what they leave, and what is said of what cannot be. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';
import { findProgram } from '../../examples/benchmark/environments/programs.ts';
import type { Result } from '../../examples/benchmark/result.ts';
import { typescriptFlags } from '../../scripts/setup/flags.js';
import { audited } from '../support/audit.ts';
import { example, top } from '../support/command.ts';
import { noBusybox, temporary } from '../support/rootfs.ts';

const PROGRAM = 'examples/benchmark/main.ts';
const compiler = findProgram('cc');
const reason = 'reason' in compiler ? compiler.reason : noBusybox;

const noNft = spawnSync('nft', ['--version']).error ? 'nftables is not installed' : false;

const cache = temporary('bench-cache');
const env = { COFFERDAM_CACHE: cache };
const results = temporary('bench-results');

/** A run in its own directory. */
async function run(suite: string, name: string): Promise<Result> {
  const out = join(results, name);
  const words = [suite, '--quick', '--runs', '2', '--out', out];
  const { exitCode, stdout, stderr } = await execa(process.execPath, [...typescriptFlags(), PROGRAM, ...words], {
    cwd: top,
    env: { NO_COLOR: '1', ...env },
    stdin: 'ignore',
    reject: false,
    timeout: 300_000,
  });
  t.equal(exitCode, 0, stderr);
  t.match(stdout, /medians/);
  t.same(readdirSync(out).sort(), [`${suite}.json`, 'report.html', 'report.md'].sort());
  t.match(readFileSync(join(out, 'report.html'), 'utf8'), /<svg [\s\S]*<\/svg>/);
  t.match(readFileSync(join(out, 'report.md'), 'utf8'), /## All series/);
  return JSON.parse(readFileSync(join(out, `${suite}.json`), 'utf8'));
}

t.test('without a suite: the list of all, and how long they take', async (t) => {
  const { stdout, exitCode } = await example(PROGRAM, []);
  t.equal(exitCode, 0);
  t.match(stdout, /^launch +\d+ min +\d+ s {2}/m);
});

t.test('an unknown suite', async (t) => {
  const { stderr, exitCode } = await example(PROGRAM, ['lunch']);
  t.equal(exitCode, 2);
  t.match(stderr, /there is no command 'lunch'/);
});

audited(
  'clone: every sample, three files, and the same machine can be compared',
  async (t) => {
    const result = await run('clone', 'a');
    t.match(result, { suite: 'clone', format: 2, options: { quick: true, runs: 2 }, versions: { cofferdam: /\d/ } });
    const own = result.series.find(({ section, subject }) => section === 'clone' && subject === 'cofferdam');
    t.equal(own?.rounds.length, 2);
    t.ok(own?.rounds.flat().every((sample) => sample > 0));
    const file = join(results, 'a', 'clone.json');
    const same = await example(PROGRAM, ['compare', file, file]);
    t.equal(same.exitCode, 0, same.stderr);
    t.match(same.stdout, /^Nothing changed beyond noise/);
    t.match(same.stdout, /^clone: cofferdam, ms /m);
    const other = join(results, 'a', 'other.json');
    writeFileSync(other, JSON.stringify({ ...result, machine: { ...result.machine, kernel: 'another' } }));
    const refused = await example(PROGRAM, ['compare', file, other]);
    t.equal(refused.exitCode, 125);
    t.match(refused.stderr, /cannot be compared[\s\S]*kernel: /);
  },
  reason,
);

audited(
  'network: every path against loopback',
  async (t) => {
    const { series } = await run('network', 'network');
    for (const subject of ['loopback', 'bridge', 'NAT'])
      for (const section of ['throughput', 'round trip'])
        t.ok(
          series.some(
            (each) =>
              each.section === section && each.subject === subject && each.rounds.flat().every((one) => one > 0),
          ),
          `${section}, ${subject}`,
        );
  },
  reason || noNft,
);

audited(
  'interrupted: nothing is left, nothing is written',
  async (t) => {
    const out = join(results, 'interrupted');
    const child = execa(process.execPath, [...typescriptFlags(), PROGRAM, 'exec', '--quick', '--out', out], {
      cwd: top,
      env,
      stdin: 'ignore',
      reject: false,
      timeout: 120_000,
    });
    let said = '';
    let sent = false;
    child.stderr.on('data', (text) => {
      said += text;
      // The first part has begun: workers and containers are there. Once: a second Ctrl-C would find the end of the program.
      if (!sent && said.includes('exec …')) sent = child.kill('SIGINT');
    });
    t.equal((await child).exitCode, 130, said);
    t.notOk(existsSync(out));
    t.same(
      readdirSync(join(cache, 'bench')).filter((name) => name.startsWith('run-')),
      [],
    );
  },
  reason,
);
