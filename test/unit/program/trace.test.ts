import t from 'tap';
import { type Operation, operation } from '../../../lib/program/operation.ts';
import { decodeTrace, formatTrace, summarizeTrace } from '../../../lib/program/trace.ts';

interface Step {
  /** Microseconds after the request. */
  ended?: number;
  error?: number;
}

/** Records as the interpreter leaves them, see layout.h. */
function records(started: number, steps: Step[]): Buffer {
  const requested = 5_000_000_000_000n;
  const clock = (microseconds: number) => requested + BigInt(Math.round(microseconds * 1000));
  const bytes = Buffer.alloc(64 + steps.length * 16);
  bytes.writeBigUInt64LE(clock(started), 16);
  bytes.writeBigUInt64LE(requested, 24);
  steps.forEach(({ ended, error = 0 }, index) => {
    if (ended === undefined) return;
    bytes.writeInt32LE(error, 64 + index * 16);
    bytes.writeUInt32LE(1, 64 + index * 16 + 4);
    bytes.writeBigUInt64LE(clock(ended), 64 + index * 16 + 8);
  });
  return bytes;
}

const program: Operation[] = [
  operation('unshare', { flags: 0x20000 }),
  operation('mknod', { path: 'null' }, { tolerate: 'EEXIST' }),
  operation('exec', { file: 'true', argv: ['true'] }),
];

t.test('one process after another', (t) => {
  const trace = decodeTrace(records(100, [{ ended: 160 }, { ended: 170.5, error: 17 }, {}]), program);
  t.strictSame(trace, {
    clone: 100,
    entries: [
      { index: 0, operation: 'unshare', text: 'unshare CLONE_NEWNS', actor: 'child', start: 100, duration: 60 },
      {
        index: 1,
        operation: 'mknod',
        text: "mknod 'null' (c 0:0, 00)",
        actor: 'child',
        start: 160,
        duration: 10.5,
        error: 'EEXIST',
      },
    ],
    duration: 170.5,
  });
  t.end();
});

t.test('the child begins where the clone that made it ended', (t) => {
  const split = [
    operation('mkdir', { path: '/x' }, { actor: 'host' }),
    operation('clone', {}, { actor: 'host' }),
    operation('idMaps', {}, { actor: 'host' }),
    operation('await', { number: 1 }),
  ];
  const { entries, duration } = decodeTrace(
    records(50, [{ ended: 60 }, { ended: 90 }, { ended: 130 }, { ended: 140 }]),
    split,
  );
  t.strictSame(
    entries.map(({ actor, start, duration: took }) => [actor, start, took]),
    [
      ['host', 50, 10],
      ['host', 60, 30],
      ['host', 90, 40],
      ['child', 90, 50],
    ],
  );
  t.equal(duration, 140);
  t.end();
});

t.test('records that are cut short or empty', (t) => {
  t.strictSame(decodeTrace(records(10, [{ ended: 20 }]), program).entries.length, 1);
  t.strictSame(decodeTrace(Buffer.alloc(64), program), { clone: 0, entries: [], duration: 0 });
  t.end();
});

t.test('summary and table', (t) => {
  const trace = decodeTrace(records(100, [{ ended: 400 }, { ended: 410, error: 17 }, { ended: 450 }]), program);
  t.strictSame(summarizeTrace(trace), [
    { operation: 'unshare', count: 1, duration: 300 },
    { operation: 'launch', count: 1, duration: 100 },
    { operation: 'exec', count: 1, duration: 40 },
    { operation: 'mknod', count: 1, duration: 10 },
  ]);
  const lines = formatTrace(trace).split('\n');
  t.equal(lines.length, 6);
  t.match(lines[0], /at µs +took µs/);
  t.match(lines[1], /^ +0 +100\.0 {2}█+ +request, clone3$/);
  t.match(lines[3], /\[EEXIST\]$/);
  t.match(lines[5], /450 µs in all/);
  const narrow = formatTrace(trace, { width: 60 }).split('\n');
  t.ok(narrow.every((line) => line.length <= 60));
  t.end();
});
