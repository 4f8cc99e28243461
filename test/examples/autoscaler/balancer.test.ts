/** The runtime API's client, and servers that come and go, on the real HAProxy. */
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, createServer as createSocketServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import t, { type Test } from 'tap';
import { Balancer } from '../../../examples/autoscaler/balancer/balancer.ts';
import { balancerConfig, type Server as Replica, SERVED_BY } from '../../../examples/autoscaler/balancer/config.ts';
import { parseCsv, parseLine } from '../../../examples/autoscaler/balancer/csv.ts';
import { RuntimeAPI } from '../../../examples/autoscaler/balancer/runtime.ts';
import { freePort } from '../../../examples/autoscaler/commands/ports.ts';
import { which } from '../../../scripts/setup/programs.js';
import { temporary } from '../../support/rootfs.ts';

const haproxy = which('haproxy');
const skip = haproxy ? false : 'haproxy is not installed';

t.test('CSV', async (t) => {
  t.strictSame(parseLine('a,,"b,""c""",d'), ['a', '', 'b,"c"', 'd']);
  t.strictSame(parseLine(''), ['']);
  t.strictSame(parseLine('"x",'), ['x', '']);
  t.strictSame(parseCsv('# pxname,svname,\napp,s1,\n\n'), [{ pxname: 'app', svname: 's1' }]);
  t.throws(() => parseCsv('Unknown command'), /no statistics/);
});

/** HAProxy that goes with the test. */
async function start(t: Test, servers: readonly Replica[] = []) {
  const directory = temporary('haproxy');
  const socket = join(directory, 'admin.sock');
  const [entry, statistics] = [await freePort(), await freePort()];
  const config = join(directory, 'haproxy.cfg');
  const run = () => {
    const child = execa(haproxy as string, ['-db', '-f', config], {
      reject: false,
      stdout: 'ignore',
      stderr: 'ignore',
    });
    t.teardown(async () => {
      child.kill('SIGKILL');
      await child;
    });
    return child;
  };
  writeFileSync(
    config,
    balancerConfig(
      { socket, entry: `127.0.0.1:${entry}`, statistics: `127.0.0.1:${statistics}`, concurrency: 4 },
      servers,
    ),
  );
  const child = run();
  const balancer = new Balancer(socket, 4);
  t.teardown(() => balancer.close());
  const isUp = async () => {
    for (const end = Date.now() + 20_000; ; await sleep(20))
      try {
        return await balancer.statistics();
      } catch (error) {
        if (Date.now() > end) throw error;
      }
  };
  await isUp();
  return {
    child,
    run,
    isUp,
    socket,
    balancer,
    url: `http://127.0.0.1:${entry}`,
    statistics: `http://127.0.0.1:${statistics}`,
  };
}

/** A replica of a kind. */
async function replica(t: Test, name: string, delay = 0): Promise<Replica & { server: Server }> {
  const server = createServer((request, response) => {
    request.resume();
    setTimeout(() => response.end(name), request.url === '/healthz' ? 0 : delay);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return { name, server, address: `127.0.0.1:${(server.address() as AddressInfo).port}` };
}

t.test('servers come, drain and go, and the statistics say so', { skip }, async (t) => {
  const { balancer, url, statistics } = await start(t);
  t.equal((await fetch(url)).status, 503, 'nobody there');
  const slow = await replica(t, 's1', 400);
  await balancer.add(slow);
  const underway = fetch(url);
  while ((await balancer.statistics()).servers[0]?.current !== 1) await sleep(5);
  await balancer.add(await replica(t, 's2'));
  await balancer.drain('s1');
  await t.rejects(balancer.remove('s1'), { code: 'ERR_BALANCER' }, 'not while it has a request');
  const answer = await underway;
  t.strictSame(
    [answer.status, answer.headers.get(SERVED_BY), await answer.text()],
    [200, 's1', 's1'],
    'what it had is answered',
  );
  for (let i = 0; i < 5; i++) t.equal(await (await fetch(url)).text(), 's2');
  while ((await balancer.statistics()).servers.find(({ name }) => name === 's1')?.current !== 0) await sleep(5);
  await balancer.remove('s1');
  const { servers, requests, answered } = await balancer.statistics();
  t.match(servers, [{ name: 's2', status: /^UP/, current: 0, queued: 0, total: 5 }]);
  t.strictSame([requests, answered >= 6], [7, true]);
  await t.rejects(balancer.drain('s9'), { message: /No such server/ });
  await t.rejects(
    balancer.add(slow).then(() => balancer.add(slow)),
    { message: /already exists|add server/ },
  );
  t.match(await (await fetch(`${statistics}/stats;csv`)).text(), /^# pxname,svname/);
  t.match(await (await fetch(`${statistics}/stats`)).text(), /Statistics Report/);
});

t.test('a drained server can serve again', { skip }, async (t) => {
  const { balancer, url } = await start(t, [await replica(t, 's1'), await replica(t, 's2')]);
  await balancer.drain('s1');
  for (let i = 0; i < 4; i++) t.equal(await (await fetch(url)).text(), 's2');
  await balancer.undrain('s1');
  await balancer.drain('s2');
  for (let i = 0; i < 4; i++) t.equal(await (await fetch(url)).text(), 's1');
});

t.test('requests wait at the balancer, and a new server takes from them', { skip }, async (t) => {
  const { balancer, url } = await start(t, [await replica(t, 's1', 300)]);
  const asked = Array.from({ length: 12 }, () => fetch(url).then((answer) => answer.text()));
  while ((await balancer.statistics()).queued !== 8) await sleep(5);
  await balancer.add(await replica(t, 's2'));
  const by = await Promise.all(asked);
  t.ok(by.filter((name) => name === 's2').length >= 4, String(by));
});

t.test('a server that dies with requests in hand costs none', { skip }, async (t) => {
  const dying = await replica(t, 's1', 5000);
  const { balancer, url } = await start(t, [dying, await replica(t, 's2')]);
  await balancer.drain('s2');
  const asked = Array.from({ length: 3 }, () =>
    fetch(url, { method: 'PUT', body: 'x' }).then((answer) => answer.text()),
  );
  while ((await balancer.statistics()).servers.find(({ name }) => name === 's1')?.current !== 3) await sleep(5);
  await balancer.undrain('s2');
  dying.server.closeAllConnections();
  dying.server.close();
  t.strictSame(await Promise.all(asked), ['s2', 's2', 's2']);
});

t.test('HAProxy killed: the next command opens another session', { skip }, async (t) => {
  const { balancer, child, run, isUp } = await start(t, [await replica(t, 's1')]);
  child.kill('SIGKILL');
  await child;
  await t.rejects(balancer.statistics(), { code: 'ERR_BALANCER' });
  run();
  t.equal((await isUp()).servers.length, 1);
});

t.test('commands are answered in order, and one that is none is refused', { skip }, async (t) => {
  const { socket } = await start(t);
  const api = new RuntimeAPI(socket);
  t.teardown(() => api.close());
  const [info, error, stat] = await Promise.all([api.ask('show info'), api.ask('nonsense'), api.ask('show stat')]);
  t.match(info, /^Name: HAProxy/);
  t.match(error, /Unknown command/);
  t.match(stat, /^# pxname/);
  for (const text of ['show info\nshow stat', 'show info; show stat', 'show\\ info'])
    t.throws(() => void api.ask(text), { code: 'ERR_BALANCER' });
});

t.test('a socket that does not answer is said to be one', async (t) => {
  const path = join(temporary('mute'), 'sock');
  const server = createSocketServer(() => {});
  server.listen(path);
  await once(server, 'listening');
  const api = new RuntimeAPI(path);
  await t.rejects(api.ask('show info'), { message: /does not answer 'prompt'/ });
  server.close();
  rmSync(path, { force: true });
  await t.rejects(api.ask('show info'), { code: 'ERR_BALANCER', message: /ENOENT|ECONNREFUSED/ });
});
