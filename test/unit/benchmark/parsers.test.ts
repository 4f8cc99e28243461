/** What other programs print, as they printed it. */
import { readFileSync } from 'node:fs';
import t from 'tap';
import { timelineOf } from '../../../examples/benchmark/host/iostat.ts';
import { parseIostat } from '../../../examples/benchmark/parsers/iostat.ts';
import { parseSysbench } from '../../../examples/benchmark/parsers/sysbench.ts';
import { parseWrk } from '../../../examples/benchmark/parsers/wrk.ts';

const recorded = (name: string): string => readFileSync(new URL(`./fixtures/${name}`, import.meta.url), 'utf8');

t.test('sysbench cpu', (t) => {
  const text = recorded('sysbench-cpu.txt');
  const run = parseSysbench(text);
  t.equal(run.events, 500);
  t.equal(run.totalTime, Number(/total time:\s+([\d.]+)s/.exec(text)?.[1]));
  t.equal(run.throughput, undefined);
  t.ok(run.latency.least <= run.latency.mean && run.latency.mean <= run.latency.most);
  t.end();
});

t.test('sysbench fileio', (t) => {
  t.same(parseSysbench(recorded('sysbench-fileio.txt')), {
    totalTime: 0.2496,
    events: 2000,
    latency: { least: 0, mean: 0.12, most: 9.22, p95: 0.02 },
    throughput: { read: 70.97, written: 47.35 },
  });
  // A console in between, as a guest's: lines end with a carriage return.
  t.equal(parseSysbench(recorded('sysbench-fileio.txt').replaceAll('\n', '\r\n')).events, 2000);
  t.end();
});

t.test('sysbench that failed says why', (t) => {
  const text = "FATAL: Cannot open file 'test_file.0' errno = 2 (No such file or directory)\nWARNING: more\n";
  t.throws(() => parseSysbench(text), { message: /^sysbench: FATAL: Cannot open file 'test_file.0'/ });
  t.throws(() => parseSysbench(''), { message: /no 'total time' in its output/ });
  t.end();
});

t.test('wrk', (t) => {
  const run = parseWrk(recorded('wrk.txt'));
  t.same(run, {
    requestsPerSecond: 6631.85,
    transferPerSecond: 7.99 * 2 ** 20,
    requests: 6752,
    latency: { 50: 0.533, 75: 2.66, 90: 4.53, 99: 11.71 },
    errors: 0,
  });
  t.end();
});

t.test('wrk with errors, and other units', (t) => {
  const text = recorded('wrk.txt')
    .replace('11.71ms', '1.20s')
    .replace(
      'Requests/sec',
      '  Socket errors: connect 1, read 2, write 3, timeout 4\n  Non-2xx or 3xx responses: 5\nRequests/sec',
    )
    .replace('7.99MB', '512.00B');
  t.match(parseWrk(text), { errors: 15, transferPerSecond: 512, latency: { 99: 1200 } });
  t.throws(() => parseWrk('unable to connect to 127.0.0.1:1 Connection refused\n'), { message: /Connection refused/ });
  t.end();
});

t.test('iostat', (t) => {
  const text = recorded('iostat.json');
  const samples = parseIostat(text, 'vda');
  t.equal(samples.length, (text.match(/"avg-cpu"/g) ?? []).length);
  for (const { user, system, iowait, utilisation } of samples) {
    t.ok(user >= 0 && system >= 0 && iowait >= 0 && user + system + iowait <= 100.1);
    t.ok(utilisation >= 0);
  }
  const [first] = samples;
  const niced = /"user": ([\d.]+), "nice": ([\d.]+)/.exec(text) ?? [];
  t.equal(first?.user, Number(niced[1]) + Number(niced[2]), 'niced processes are users, too');
  t.equal(first?.written, Number(/"wkB\/s": ([\d.]+)/.exec(text)?.[1]) / 1024);
  t.same(parseIostat(text, 'sdz')[0]?.written, 0, 'a disk that it does not have');
  t.end();
});

t.test('iostat that was killed: the reports that are whole', (t) => {
  const text = recorded('iostat.json');
  const all = parseIostat(text, 'vda').length;
  const cut = text.slice(0, text.lastIndexOf('"disk"'));
  t.equal(parseIostat(cut, 'vda').length, all - 1);
  t.equal(parseIostat(text.slice(0, text.lastIndexOf(']\n\t\t}')), 'vda').length, all);
  t.throws(() => parseIostat('', 'vda'), SyntaxError);
  t.end();
});

t.test('a timeline of it', (t) => {
  const sample = { user: 1.234, system: 2, iowait: 0, read: 0.001, written: 3, utilisation: 99.999 };
  t.same(timelineOf('a run', [sample, sample]), {
    during: 'a run',
    seconds: [1, 2],
    values: {
      user: [1.23, 1.23],
      system: [2, 2],
      iowait: [0, 0],
      read: [0, 0],
      written: [3, 3],
      utilisation: [100, 100],
    },
  });
  t.end();
});
