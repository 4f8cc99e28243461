/** What the files of both versions say, recorded. */
import t from 'tap';
import { parseNetwork, parsePressure, parseStats } from '../../../lib/cgroup/stats.ts';

const PRESSURE = `some avg10=1.50 avg60=0.25 avg300=0.00 total=2010928
full avg10=0.00 avg60=0.00 avg300=0.00 total=17
`;

t.test('v2', (t) => {
  const stats = parseStats(
    {
      'unified/cpu.stat':
        'usage_usec 300\nuser_usec 200\nsystem_usec 100\nnr_periods 4\nnr_throttled 3\nthrottled_usec 99\n',
      'unified/cpu.pressure': PRESSURE,
      'unified/memory.current': '4096\n',
      'unified/memory.peak': '8192\n',
      'unified/memory.max': 'max\n',
      'unified/memory.stat': 'anon 1000\nfile 2000\nkernel 300\nkernel_stack 5\n',
      'unified/memory.swap.current': '7\n',
      'unified/pids.current': '3\n',
      'unified/pids.max': '10\n',
      'unified/io.stat':
        '8:0 rbytes=10 wbytes=20 rios=1 wios=2 dbytes=0 dios=0\n8:16 rbytes=5 wbytes=0 rios=1 wios=0\n',
    },
    5,
  );
  t.match(stats, {
    time: 5,
    cpu: {
      usage: 300,
      user: 200,
      system: 100,
      periods: 4,
      throttledPeriods: 3,
      throttled: 99,
      pressure: { some: { total: 2010928 } },
    },
    memory: { current: 4096, peak: 8192, limit: undefined, anon: 1000, file: 2000, kernel: 300, swap: 7 },
    pids: { current: 3, limit: 10 },
    network: undefined,
  });
  t.strictSame(
    { ...stats.io?.devices },
    {
      '8:0': { readBytes: 10, writeBytes: 20, reads: 1, writes: 2 },
      '8:16': { readBytes: 5, writeBytes: 0, reads: 1, writes: 0 },
    },
  );
  t.end();
});

t.test('hybrid: CPU time of the v2 leaf, the rest of v1', (t) => {
  const stats = parseStats(
    {
      'unified/cpu.stat': 'usage_usec 300\nuser_usec 200\nsystem_usec 100\n',
      'cpu/cpu.stat': 'nr_periods 4\nnr_throttled 3\nthrottled_time 99000\n',
      'memory/memory.usage_in_bytes': '4096\n',
      'memory/memory.max_usage_in_bytes': '8192\n',
      'memory/memory.limit_in_bytes': '9223372036854771712\n',
      'memory/memory.stat': 'cache 1\nrss 2\nswap 3\ntotal_cache 10\ntotal_rss 20\ntotal_swap 30\n',
      'pids/pids.current': '1\n',
      'pids/pids.max': 'max\n',
      'blkio/blkio.throttle.io_service_bytes_recursive': '254:0 Read 100\n254:0 Write 50\n254:0 Sync 150\nTotal 150\n',
      'blkio/blkio.throttle.io_serviced_recursive': '254:0 Read 3\n254:0 Write 2\nTotal 5\n',
    },
    0,
  );
  t.match(stats, {
    cpu: { usage: 300, periods: 4, throttled: 99 },
    memory: {
      current: 4096,
      peak: 8192,
      limit: undefined,
      anon: 20,
      file: 10,
      kernel: undefined,
      swap: 30,
      pressure: undefined,
    },
    pids: { current: 1, limit: undefined },
  });
  t.strictSame({ ...stats.io?.devices }, { '254:0': { readBytes: 100, writeBytes: 50, reads: 3, writes: 2 } });
  t.end();
});

t.test('nothing counted is nothing said', (t) => {
  t.strictSame(parseStats({}, 1), {
    time: 1,
    cpu: undefined,
    memory: undefined,
    pids: undefined,
    io: undefined,
    network: undefined,
  });
  t.equal(parsePressure(''), undefined);
  t.match(parsePressure('some avg10=0.00 avg60=0.00 avg300=0.00 total=1\n'), { some: { total: 1 }, full: undefined });
  t.end();
});

t.test('interfaces', (t) => {
  const text = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:       1       2    3    4    0     0          0         0        5       6    7    8    0     0       0          0
eth0:1: 11 12 13 14 0 0 0 0 15 16 17 18 0 0 0 0
`;
  const interfaces = parseNetwork(text);
  t.strictSame(Object.keys(interfaces ?? {}), ['lo', 'eth0:1']);
  t.match(interfaces?.lo, {
    receivedBytes: 1,
    receivedPackets: 2,
    receiveErrors: 3,
    receiveDropped: 4,
    sentBytes: 5,
    sendDropped: 8,
  });
  t.equal(interfaces?.['eth0:1']?.sentPackets, 16);
  t.end();
});
