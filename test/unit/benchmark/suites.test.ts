/** What suites say of themselves, and what they work out from what they are given. */
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { sizeOf } from '../../../examples/benchmark/laboratory/size.ts';
import { benchCommand } from '../../../examples/benchmark/options.ts';
import { disableNew, withoutServices } from '../../../examples/benchmark/packages.ts';
import { suiteList } from '../../../examples/benchmark/report/list.ts';
import { duration } from '../../../examples/benchmark/report/text.ts';
import { findPrograms, obstacles, packagesFor } from '../../../examples/benchmark/requirements.ts';
import { partitionTable } from '../../../examples/benchmark/suites/boot/image.ts';
import { stagesOf } from '../../../examples/benchmark/suites/boot/index.ts';
import { SUITES, suiteNamed } from '../../../examples/benchmark/suites/index.ts';
import { takenMemory } from '../../../examples/benchmark/suites/memory/processes.ts';
import { eventsFor } from '../../../examples/benchmark/suites/sysbench/calibrate.ts';
import { TESTS } from '../../../examples/benchmark/suites/sysbench/tests.ts';
import { dispatch } from '../../../lib/cli/index.ts';

const FULL = { quick: false, runs: undefined };
const QUICK = { quick: true, runs: undefined };

t.test('every suite says how long it takes, and quick is at most two minutes', (t) => {
  for (const suite of SUITES) {
    t.ok(suite.seconds(QUICK) <= 120, `${suite.name}: ${suite.seconds(QUICK)} s`);
    t.ok(suite.seconds(FULL) > suite.seconds(QUICK), suite.name);
    t.ok(
      suite.comparisons.some(({ headline }) => headline),
      `${suite.name} has a headline`,
    );
    t.ok(suite.method.length > 0 && suite.title !== '');
  }
  t.equal(new Set(SUITES.map(({ name }) => name)).size, SUITES.length);
  t.equal(duration(3), '5 s');
  t.equal(duration(61), '65 s');
  t.equal(duration(91), '2 min');
  t.end();
});

t.test('the list has all of them', (t) => {
  const text = suiteList(SUITES);
  for (const { name } of SUITES) t.match(text, new RegExp(`^${name} +\\d+ (s|min) +\\d+ (s|min) `, 'm'));
  t.ok(text.split('\n').every((line) => line.length < 120));
  t.end();
});

t.test('what cannot be is said before anything is touched', async (t) => {
  const said = async (...words: string[]) => {
    let text = '';
    const status = await dispatch(
      benchCommand(SUITES),
      '1',
      words,
      {},
      { out: () => {}, err: (more) => (text += more) },
    );
    return { status, text };
  };
  t.match(await said('lunch'), { status: 2, text: /there is no command 'lunch'; there are launch, exec,.* compare/ });
  t.throws(() => suiteNamed('lunch'), { message: /there is no suite 'lunch'/ });
});

t.test('everything that is missing is told at once', (t) => {
  const suite = { ...suiteNamed('sysbench'), memory: () => 2 ** 60 };
  const programs = findPrograms(suite, (name) =>
    name === 'mke2fs' ? { version: '1' } : { name, reason: `not installed: ${name}` },
  );
  t.same([...programs.present], ['mke2fs']);
  t.same(
    programs.needed.map(({ name }) => name),
    ['sysbench', 'iostat'],
  );
  t.same(packagesFor(programs), ['sysbench', 'sysstat', 'qemu-system-x86', 'busybox-static']);
  const found = obstacles({ ...suite, disk: () => 2 ** 60 }, QUICK, programs, '/dev/shm/bench');
  t.match(found, [
    /^sysbench: not installed/,
    /^iostat/,
    /GiB free, the suite needs/,
    /in memory \(tmpfs\)/,
    /memory are available/,
  ]);
  t.equal(found.length, 5);
  t.end();
});

t.test('nothing that is installed starts, now or at the next boot', async (t) => {
  const directory = t.testdir({ units: { 'multi-user.target.wants': {} } });
  const policy = join(directory, 'policy-rc.d');
  const units = join(directory, 'units');
  const wants = join(units, 'multi-user.target.wants');
  symlinkSync('/lib/old.service', join(wants, 'old.service'));
  const seen = await withoutServices(
    async () => {
      symlinkSync('/lib/nginx.service', join(wants, 'nginx.service'));
      return readFileSync(policy, 'utf8');
    },
    policy,
    units,
  );
  t.match(seen, /exit 101/);
  t.notOk(existsSync(policy), 'the policy goes');
  t.same(disableNew(new Set(), units), ['old.service'], 'nginx was taken away, the old one was not');

  writeFileSync(policy, '#!/bin/sh\nexit 0\n');
  await t.rejects(
    withoutServices(async () => t.fail('nothing is installed'), policy, units),
    { name: 'UsageError' },
  );
  t.match(readFileSync(policy, 'utf8'), /exit 0/, "the machine's own policy stays");
  await t.rejects(
    withoutServices(() => Promise.reject(new Error('apt')), join(directory, 'other'), units),
    { message: 'apt' },
  );
  t.notOk(existsSync(join(directory, 'other')));
  mkdirSync(join(directory, 'empty'));
});

t.test('sizes', (t) => {
  t.equal(sizeOf(FULL).rounds, 20);
  t.equal(sizeOf(QUICK).rounds, 3);
  t.equal(sizeOf({ quick: true, runs: 7 }).rounds, 7);
  t.same(sizeOf(FULL).alive, [0, 100, 500, 0]);
  t.same(sizeOf(FULL).atOnce, [2, 8, 32]);
  t.end();
});

t.test('events for a run of so many seconds, in round numbers', (t) => {
  t.equal(eventsFor(786.4, 40), 31000);
  t.equal(eventsFor(7.3, 40), 290);
  t.equal(eventsFor(0.001, 40), 1);
  t.end();
});

t.test('fileio is direct, and its runs are ended by their events', (t) => {
  const [cpu, fileio] = TESTS;
  t.ok(fileio?.words(FULL).includes('--file-extra-flags=direct'));
  t.ok(fileio?.words(FULL).includes('--file-total-size=1024M'));
  t.ok([cpu, fileio].every((test) => test?.words(FULL).every((word) => !word.startsWith('--time'))));
  t.end();
});

t.test('a partition table', (t) => {
  const table = partitionTable(2048, 19_529_202);
  t.equal(table.length, 66);
  t.equal(table[0], 0x80, 'active');
  t.equal(table[4], 0x83, 'Linux');
  t.equal(table.readUInt32LE(8), 2048);
  t.equal(table.readUInt32LE(12), 19_529_202);
  t.equal(table.readUInt16LE(64), 0xaa55);
  t.end();
});

t.test('stages of a boot are what lies between marks that came', (t) => {
  const marks = new Map([
    [/Linux version/.source, 1000],
    [/Run \/init as init process/.source, 3000],
    [/login: /.source, 9000],
  ]);
  t.same(
    stagesOf((mark) => marks.get(mark.source)),
    [
      { stage: 'firmware, boot loader', milliseconds: 1000 },
      { stage: 'kernel', milliseconds: 2000 },
      { stage: 'init: systemd or busybox', milliseconds: 6000 },
    ],
  );
  t.end();
});

t.test('memory that is somebody’s', (t) => {
  const memInfo =
    'MemTotal: 100 kB\nAnonPages:  10 kB\nShmem: 1 kB\nSUnreclaim: 2 kB\nKernelStack: 3 kB\nPageTables: 4 kB\nPercpu: 5 kB\nCached: 50 kB\n';
  t.equal(takenMemory(memInfo), 25);
  t.end();
});
