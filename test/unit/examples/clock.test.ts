/** The clock lab: the estimate, the remote procedure call, and the slow network. */
import { once } from 'node:events';
import { type AddressInfo, connect, type Server } from 'node:net';
import t, { type Test } from 'tap';
import { getServerTime } from '../../../examples/labs/clock/client.ts';
import { best, estimate } from '../../../examples/labs/clock/cristian.ts';
import { relay } from '../../../examples/labs/clock/relay.ts';
import { report, SLIP } from '../../../examples/labs/clock/report.ts';
import { RpcClient } from '../../../examples/labs/clock/rpc.ts';
import { clockServer, METHOD } from '../../../examples/labs/clock/server.ts';
import { clockWith, formatDuration, formatTime, parseDuration } from '../../../examples/labs/clock/time.ts';

async function listening(t: Test, server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => new Promise((resolve) => server.close(resolve)));
  return (server.address() as AddressInfo).port;
}

t.test('the formula', async (t) => {
  // 10 there, 30 back, the server 1000 ahead: wrong by (10 - 30) / 2.
  const found = estimate({ requested: 5000, received: 6010, answered: 6015, arrived: 5045 });
  t.match(found, { roundTrip: 40, offset: 990, serverTime: 5045 + 990 });
  t.ok(Math.abs(found.offset - 1000) <= found.bound);
  t.ok(found.bound <= 21, 'half the round trip, and what rounding takes');
  const slipped = (6010 - 5000 + (5045 - 6015)) / 2;
  t.equal(slipped, found.roundTrip / 2, 'with the slip of sign it is half the round trip');
});

t.test('the true offset is never outside of the bound', async (t) => {
  for (let i = 0; i < 2000; i++) {
    const [there, back, work] = [0, 0, 0].map(() => Math.random() * 10 ** (Math.random() * 6)) as [
      number,
      number,
      number,
    ];
    const truth = (Math.random() - 0.5) * 1e8;
    const sent = Math.random() * 1e6;
    const found = estimate({
      requested: Math.floor(sent),
      received: Math.floor(sent + there + truth),
      answered: Math.floor(sent + there + work + truth),
      arrived: Math.floor(sent + there + work + back),
    });
    if (Math.abs(found.offset - truth) > found.bound) t.fail(JSON.stringify({ found, truth }));
  }
});

t.test('of several exchanges the quickest counts', async (t) => {
  const slow = estimate({ requested: 0, received: 100, answered: 100, arrived: 90 });
  const quick = estimate({ requested: 0, received: 50, answered: 51, arrived: 11 });
  t.equal(best([slow, quick, slow]), quick);
});

/** Estimates a clock that is `skew` wrong, through a relay, and holds it against the truth. */
async function held(t: Test, skew: number, delays?: { there: number; back: number }) {
  const serverClock = clockWith(skew);
  const clock = clockWith();
  const direct = await listening(t, clockServer(serverClock));
  const port = delays ? await listening(t, relay('127.0.0.1', direct, delays)) : direct;
  const found = await getServerTime({ netid: 'abc1', host: '127.0.0.1', port, clock, tries: 2 });
  return { found, error: found.offset - (serverClock.offset - clock.offset) };
}

t.test('directly', async (t) => {
  const { found, error } = await held(t, 3_700_000);
  t.ok(Math.abs(error) <= found.bound, { found, error });
  t.ok(found.offset > 2_700_000 && found.offset < 4_700_000);
});

t.test('a clock that is behind', async (t) => {
  const { found, error } = await held(t, -86_400_000_000);
  t.ok(Math.abs(error) <= found.bound, { found, error });
  t.ok(found.offset < 0);
});

t.test('the same delay both ways', async (t) => {
  const { found, error } = await held(t, 3_700_000, { there: 40, back: 40 });
  t.ok(found.roundTrip >= 80_000);
  t.ok(Math.abs(error) <= found.bound, { found, error });
});

t.test('different delays: off by half of the difference, and inside the bound', async (t) => {
  const { found, error } = await held(t, 3_700_000, { there: 80, back: 10 });
  t.ok(found.roundTrip >= 90_000);
  t.ok(Math.abs(error) <= found.bound, { found, error });
  // (there - back) / 2 = 35 ms, give or take what a busy machine adds to either way.
  t.ok(error > 35_000 - (found.roundTrip - 90_000), { found, error });
});

t.test('errors of the remote procedure call', async (t) => {
  const port = await listening(t, clockServer(clockWith()));
  const client = await RpcClient.connect('127.0.0.1', port);
  t.teardown(() => client.close());
  await t.rejects(client.call('Listener.Nothing', {}), { code: 'ERR_RPC', number: -32601 });
  await t.rejects(client.call(METHOD, {}), { code: 'ERR_RPC', number: -32602 });
  t.match(await client.call(METHOD, { netid: 'x' }), { received: Number, answered: Number }, 'it goes on');
  const raw = connect(port, '127.0.0.1');
  raw.write('nonsense\n{"jsonrpc":"2.0"}\n[]\n');
  const [chunk] = await once(raw, 'data');
  raw.destroy();
  t.match(String(chunk), /"code":-32700/);
});

t.test('a peer that never ends its line', async (t) => {
  const port = await listening(t, clockServer(clockWith()));
  const raw = connect(port, '127.0.0.1');
  raw.on('error', () => {});
  raw.write(Buffer.alloc(200_000, 'x'));
  await new Promise((resolve) => raw.on('close', resolve));
  t.pass('is sent away');
});

t.test('nobody there', async (t) => {
  const port = await listening(t, clockServer(clockWith()));
  await t.rejects(getServerTime({ netid: 'x', host: '127.0.0.1', port: port === 1 ? 2 : 1, clock: clockWith() }), {
    code: 'ECONNREFUSED',
  });
});

t.test('times as texts', async (t) => {
  t.equal(parseDuration('3.7s'), 3_700_000);
  t.equal(parseDuration('-250ms'), -250_000);
  t.equal(parseDuration('2'), 2_000_000);
  for (const wrong of ['', 's', '3 s', '1d', '--1s']) t.equal(parseDuration(wrong), undefined, wrong);
  t.equal(formatDuration(3_700_000, true), '+3.700000 s');
  t.equal(formatDuration(-812), '-812 µs');
  t.equal(formatTime(1_764_523_201_000_123), '2025-11-30 17:20:01.000123 UTC');
  const lines = report(estimate({ requested: 1, received: 2, answered: 3, arrived: 4 }));
  t.match(lines.at(-1), /^offset .* ± /, 'ends with the estimate');
  t.match(SLIP, 'slip of sign');
});
