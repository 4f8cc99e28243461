/** What is written down of detached containers: by this release, and by others. */
import t from 'tap';
import { MAGIC, STATUS_STATES } from '../../../lib/program/contract.ts';
import { bootId, parseConfig, parseLaunch, RECORD_VERSION } from '../../../lib/state/records.ts';
import { conditionBy, decodeStatus, isAlive, isAliveBy } from '../../../lib/state/status.ts';

t.test('records', (t) => {
  const config = { version: 1, name: 'web', createdAt: 1, options: { rootfs: '/srv' }, later: true };
  t.strictSame(parseConfig('config.json', JSON.stringify(config)), config, 'what it does not know it leaves alone');
  t.throws(() => parseConfig('config.json', '{"version":1,"na'), {
    code: 'ERR_STATE',
    message: /config.json.*damaged/,
  });
  t.throws(() => parseConfig('config.json', JSON.stringify({ ...config, version: RECORD_VERSION + 1 })), {
    code: 'ERR_STATE',
    message: /later release/,
  });
  const launch = { version: 1, boot: bootId(), nonce: 'a', command: ['true'], options: {}, start: {}, createdAt: 1 };
  t.strictSame(parseLaunch('launch.json', JSON.stringify(launch)), launch);
  const wrong: readonly unknown[] = [
    ...[null, 5, 'text', [], {}, { ...launch, version: 0 }, { ...launch, version: 'one' }],
    ...[
      { ...launch, command: 'true' },
      { ...launch, options: null },
      { ...launch, group: '/cofferdam' },
    ],
  ];
  for (const each of wrong)
    t.throws(() => parseLaunch('launch.json', JSON.stringify(each)), { code: 'ERR_STATE', message: /is damaged/ });
  t.equal(parseLaunch('launch.json', JSON.stringify({ version: 1, boot: 'before' })), undefined, 'of another boot');
  t.end();
});

/** A status as the monitor writes it, see `Status` in native/program/layout.h. */
function bytesOf({
  sequence = 1,
  again = 1,
  state = STATUS_STATES.running as number,
  pid = 0,
  start = 0,
} = {}): Buffer {
  const bytes = Buffer.alloc(128);
  bytes.writeUInt32LE(MAGIC, 0);
  bytes.writeUInt16LE(128, 6);
  bytes.writeUInt32LE(sequence, 8);
  bytes.writeUInt32LE(state, 12);
  bytes.writeInt32LE(pid, 16);
  bytes.writeInt32LE(pid, 20);
  bytes.writeBigUInt64LE(BigInt(start), 24);
  bytes.writeBigUInt64LE(BigInt(start), 32);
  bytes.writeUInt32LE(again, 124);
  return bytes;
}

t.test('status', (t) => {
  t.match(decodeStatus(bytesOf({ state: STATUS_STATES.running, pid: 7, start: 2 ** 33 })), {
    state: 'running',
    monitor: { pid: 7, start: 2 ** 33 },
  });
  t.equal(decodeStatus(bytesOf({ sequence: 1, again: 2 })), undefined, 'while it is written');
  t.equal(decodeStatus(bytesOf().subarray(0, 100)), undefined);
  t.equal(decodeStatus(bytesOf({ state: 99 })), undefined);
  t.end();
});

t.test('what is true of a container', (t) => {
  const status = (state: number) => decodeStatus(bytesOf({ state, pid: 2 ** 22 + 1, start: 1 }));
  t.match(conditionBy(undefined), { state: 'created', lost: false });
  t.match(conditionBy(status(STATUS_STATES.stopped)), { state: 'stopped', lost: false });
  t.match(
    conditionBy(status(STATUS_STATES.running)),
    { state: 'stopped', lost: true },
    'neither it nor its monitor lives',
  );
  t.match(conditionBy(status(STATUS_STATES.running), true), { state: 'running', lost: false });
  t.match(conditionBy(status(STATUS_STATES.waiting), true), { state: 'restarting', lost: false });
  t.end();
});

t.test('whether a process lives', (t) => {
  const stat = (state: string, start: number) => `12 (a ) b) ${state} ${'0 '.repeat(18)}${start} 0 0`;
  t.ok(isAliveBy(stat('S', 77), { pid: 12, start: 77 }));
  t.notOk(isAliveBy(stat('S', 78), { pid: 12, start: 77 }), 'another one with its pid');
  t.notOk(isAliveBy(stat('Z', 77), { pid: 12, start: 77 }), 'a zombie');
  t.notOk(isAlive({ pid: 0, start: 0 }));
  t.notOk(isAlive({ pid: process.pid, start: 1 }));
  t.end();
});
