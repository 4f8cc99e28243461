import t from 'tap';
import { bar, type Row, rowOf, table } from '../../../examples/top/table.ts';
import { formatSize } from '../../../examples/top/units.ts';
import { parseStats } from '../../../lib/cgroup/stats.ts';

const NET = (received: number, sent: number) =>
  `Inter-|\n face |\n lo: 999 0 0 0 0 0 0 0 999 0 0 0 0 0 0 0\n eth0: ${received} 0 0 0 0 0 0 0 ${sent} 0 0 0 0 0 0 0\n`;
const sample = (time: number, usage: number, received: number) =>
  parseStats(
    {
      'unified/cpu.stat': `usage_usec ${usage}\n`,
      'memory/memory.usage_in_bytes': '5242880',
      'memory/memory.limit_in_bytes': '10485760',
      'network/dev': NET(received, 0),
    },
    time,
  );

t.test('rates need two samples', (t) => {
  const before = sample(1000, 100_000, 0);
  t.match(rowOf('a', 1, before, undefined), { cpu: undefined, received: undefined, memory: 5242880 });
  const row = rowOf('a', 1, sample(3000, 1_100_000, 4096), before);
  t.match(row, { cpu: 50, received: 2048, sent: 0 }, 'loopback is not counted');
  t.equal(rowOf('a', 1, sample(3000, 0, 0), before).cpu, 0, 'a counter that went back is a new one');
  t.end();
});

const row = (more: Partial<Row>): Row => ({
  id: 'x',
  processes: 1,
  cpu: undefined,
  memory: undefined,
  limit: undefined,
  received: undefined,
  sent: undefined,
  pressure: { cpu: undefined, memory: undefined, io: undefined },
  ...more,
});

t.test('a table fits its columns', (t) => {
  const full = row({
    id: 'a-name-that-is-much-too-long-for-any-table-of-eighty-columns',
    processes: 12345,
    cpu: 6400,
    memory: 2 ** 40 - 1,
    limit: 2 ** 40,
    received: 1023 * 2 ** 20,
    sent: 1,
    pressure: { cpu: 100, memory: 99.99, io: 100 },
  });
  for (const columns of [80, 100, 200])
    for (const line of table([full, row({})], columns)) t.ok(line.length <= columns, `${line.length}: ${line}`);
  t.match(table([row({ id: 'web' })], 80)[1], /^web +- +- +- +1 +- +- +-\/-\/-$/);
  t.end();
});

t.test('bars and sizes', (t) => {
  t.equal(bar({ memory: 5, limit: 10 }), '[###   ]');
  t.equal(bar({ memory: 20, limit: 10 }), '[######]');
  t.equal(bar({ memory: 5, limit: undefined }).trim(), '');
  t.strictSame([0, 512, 1023, 1024, 1536, 10 * 1024, 1023.6 * 1024, 2 ** 30, 2 ** 50].map(formatSize), [
    '0',
    '512',
    '1023',
    '1.0K',
    '1.5K',
    '10K',
    '1.0M',
    '1.0G',
    '1024T',
  ]);
  t.end();
});
