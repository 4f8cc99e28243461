/** The object store over HTTP: what it answers, and what is left of objects when writers meet, die, or the disk is full. */
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { createContainer } from 'cofferdam';
import t, { type Test } from 'tap';
import { bundleStore, ensureNodeRoot } from '../../../examples/autoscaler/fleet/roots.ts';
import { discardIncoming, INCOMING } from '../../../examples/autoscaler/store/objects.ts';
import { closeStore, createStore, type StoreOptions } from '../../../examples/autoscaler/store/server.ts';
import { audited } from '../../support/audit.ts';
import { noBusybox, temporary } from '../../support/rootfs.ts';

const LIMIT = 2 ** 20;

/** A store that goes with the test; several may share a directory. */
async function store(t: Test, directory: string, options: Partial<StoreOptions> = {}): Promise<string> {
  const server = await createStore({
    directory,
    owner: 'test',
    limit: LIMIT,
    rate: 1e6,
    burst: 1e6,
    queue: 1e6,
    ...options,
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    return closeStore(server);
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const put = (url: string, body: string | Uint8Array) => fetch(url, { method: 'PUT', body });
const incoming = (directory: string) => readdirSync(join(directory, INCOMING));

t.test('objects come and go', async (t) => {
  const directory = temporary('objects');
  const url = await store(t, directory);
  const status = async (method: string, path: string, body?: string) =>
    (await fetch(`${url}${path}`, { method, ...(body !== undefined && { body }) })).status;

  t.strictSame(await (await fetch(url)).json(), []);
  t.equal(await status('GET', '/objs/a'), 404);
  t.equal(await status('DELETE', '/objs/a'), 404);
  t.equal(await status('PUT', '/objs/a', 'one'), 201);
  t.equal(await status('PUT', '/objs/a', 'two'), 204);
  t.equal(await status('PUT', '/objs/empty', ''), 201);
  const answer = await fetch(`${url}/objs/a`);
  t.strictSame([await answer.text(), answer.headers.get('content-length')], ['two', '3']);
  t.equal(await (await fetch(`${url}/objs/empty`)).text(), '');
  const head = await fetch(`${url}/objs/a`, { method: 'HEAD' });
  t.strictSame([head.status, head.headers.get('content-length'), await head.text()], [200, '3', '']);
  t.strictSame(await (await fetch(url)).json(), ['a', 'empty']);
  t.equal(await status('DELETE', '/objs/a'), 204);
  t.equal(await status('GET', '/objs/a'), 404);
  t.equal(await status('DELETE', '/'), 204);
  t.strictSame(await (await fetch(url)).json(), []);
  t.equal(await status('POST', '/objs/a', 'x'), 405);
  t.equal(await status('GET', '/elsewhere'), 404);
  t.equal(await status('GET', '/objs/'), 400);
  t.equal(await status('GET', `/objs/${'x'.repeat(256)}`), 400);
  t.equal(await status('GET', '/objs/%ff'), 400);
  t.equal(await status('GET', '/healthz'), 200);
  t.match(await (await fetch(`${url}/metrics`)).text(), /objectstore_requests_total\{method="PUT",status="201"\} 2\n/);
});

t.test('no id leaves the directory', async (t) => {
  const parent = temporary('outside');
  const directory = join(parent, 'objects');
  mkdirSync(directory);
  writeFileSync(join(parent, 'secret'), 'secret');
  const url = new URL(await store(t, directory));
  // A client that does not put paths in order before it sends them.
  const raw = (method: string, path: string) =>
    new Promise<number>((resolve, reject) => {
      const sent = request({ host: url.hostname, port: url.port, method, path }, (response) => {
        response.resume();
        response.once('end', () => resolve(response.statusCode ?? 0));
      });
      sent.once('error', reject);
      sent.end(method === 'PUT' ? 'x' : undefined);
    });
  for (const path of [
    '/objs/../secret',
    '/objs/..%2Fsecret',
    '/objs/%2e%2e/secret',
    '/objs/%2e%2e%2fsecret',
    '/objs/..',
    `/objs/${INCOMING}`,
  ])
    t.equal(await raw('GET', path), 404, path);
  t.equal(await raw('PUT', '/objs/..%2Fsecret'), 201);
  t.equal(readFileSync(join(parent, 'secret'), 'utf8'), 'secret');
  t.strictSame(await (await fetch(url)).json(), ['../secret']);
});

t.test('two stores, many writers and readers of one object: always a whole one', async (t) => {
  const directory = temporary('races');
  const urls = [await store(t, directory, { owner: 'a' }), await store(t, directory, { owner: 'b' })];
  const bodies = ['a', 'b', 'c', 'd'].map((letter, i) => letter.repeat(100_000 + i * 50_000));
  await put(`${urls[0]}/objs/x`, bodies[0] as string);
  let reading = true;
  const seen = new Set<string>();
  const readers = urls.map(async (url) => {
    while (reading) {
      const answer = await fetch(`${url}/objs/x`);
      const text = await answer.text();
      t.equal(answer.status, 200);
      t.ok(bodies.includes(text), `${text.length} bytes, ${new Set(text).size} letters`);
      seen.add(text[0] as string);
    }
  });
  for (let round = 0; round < 15; round++)
    await Promise.all(
      bodies.map((body, i) => put(`${urls[i % 2]}/objs/x`, body).then(({ status }) => t.equal(status, 204))),
    );
  reading = false;
  await Promise.all(readers);
  t.ok(seen.size > 1);
  t.strictSame(incoming(directory), []);
});

t.test('what is too large is refused, said or not, and nothing is left of it', async (t) => {
  const directory = temporary('large');
  const url = await store(t, directory);
  t.equal((await put(`${url}/objs/x`, new Uint8Array(LIMIT))).status, 201);
  t.equal((await put(`${url}/objs/x`, new Uint8Array(LIMIT + 1))).status, 413);
  const chunk = new Uint8Array(LIMIT / 2).fill(1);
  const body = new ReadableStream({
    start(controller) {
      for (let i = 0; i < 3; i++) controller.enqueue(chunk);
      controller.close();
    },
  });
  t.equal((await fetch(`${url}/objs/x`, { method: 'PUT', body, duplex: 'half' } as RequestInit)).status, 413);
  t.equal((await (await fetch(`${url}/objs/x`)).arrayBuffer()).byteLength, LIMIT);
  t.strictSame(incoming(directory), []);
});

t.test('a sender that goes away leaves the object as it was', async (t) => {
  const directory = temporary('away');
  const url = new URL(await store(t, directory));
  await put(`${url.origin}/objs/x`, 'before');
  const socket = connect(Number(url.port), url.hostname);
  socket.write('PUT /objs/x HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf');
  while (incoming(directory).length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  socket.destroy();
  while (incoming(directory).length > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  t.equal(await (await fetch(`${url.origin}/objs/x`)).text(), 'before');
});

t.test('the rate is kept, the queue has its limit, and health needs no token', async (t) => {
  const url = await store(t, temporary('rate'), { rate: 20, burst: 1, queue: 5 });
  const began = performance.now();
  const answers = await Promise.all(Array.from({ length: 12 }, () => fetch(`${url}/objs/x`)));
  const statuses = answers.map(({ status }) => status);
  // One at once and five that waited for 50 ms each; by then some more may have found a place.
  const served = statuses.filter((status) => status === 404).length;
  t.ok(served >= 6 && served < 12, String(statuses));
  t.ok(performance.now() - began >= 245, 'the last one waited for its token');
  const refused = answers.find(({ status }) => status === 503);
  t.match(refused?.headers.get('retry-after'), /^[1-9]\d*$/);
  t.equal((await fetch(`${url}/healthz`)).status, 200);
});

t.test('what a dead replica was writing is discarded, and nothing else', async (t) => {
  const directory = temporary('discard');
  await store(t, directory, { owner: 'r1' });
  for (const name of ['r1-aa', 'r1-bb', 'r11-aa']) writeFileSync(join(directory, INCOMING, name), '');
  await discardIncoming(directory, 'r1');
  t.strictSame(incoming(directory), ['r11-aa']);
});

audited(
  'a full disk is 507, and the object is what it was',
  async (t) => {
    const app = temporary('app');
    await bundleStore(app);
    const rootfs = await ensureNodeRoot();
    await using box = await createContainer({
      rootfs,
      readonly: true,
      network: 'host',
      mounts: [
        { source: app, target: '/app', readonly: true },
        // Full after a megabyte.
        { type: 'tmpfs', target: '/objects', options: ['size=1m'] },
        { type: 'tmpfs', target: '/tmp' },
      ],
      env: { STORE_ADDRESS: '127.0.0.1', STORE_PORT: '0', STORE_RATE: '1000' },
    });
    const { stdout } = await box.start(['node', '/app/store.cjs']);
    const [line] = await once(stdout as NodeJS.ReadableStream, 'data');
    const url = `http://127.0.0.1:${String(line).trim()}`;
    t.equal((await put(`${url}/objs/x`, 'before')).status, 201);
    t.equal((await put(`${url}/objs/x`, new Uint8Array(3 * 2 ** 20))).status, 507);
    t.equal(await (await fetch(`${url}/objs/x`)).text(), 'before');
    t.equal((await put(`${url}/objs/y`, new Uint8Array(2 ** 19))).status, 201, 'nothing of the failed one takes room');
    t.equal((await put(`${url}/objs/x`, 'after')).status, 204);
  },
  noBusybox,
);
