/** The echo lab: server, client, and what a no is made of. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import t, { type Test } from 'tap';
import { ask } from '../../../examples/labs/echo/client.ts';
import { conclude, evidence, look } from '../../../examples/labs/echo/diagnose.ts';
import { closeFirewall, nftCommand } from '../../../examples/labs/echo/firewall.ts';
import { tableOf } from '../../../examples/labs/echo/report.ts';
import { echoServer } from '../../../examples/labs/echo/server.ts';
import { style } from '../../../examples/shared/command-line.ts';

async function listening(t: Test, server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  return (server.address() as AddressInfo).port;
}

t.test('a line is answered', async (t) => {
  const port = await listening(t, echoServer());
  t.strictSame(await ask('127.0.0.1', port, 'hello'), { reached: true, answer: 'Message received: hello' });
  t.strictSame(await ask('127.0.0.1', port, 'Grüße 👋'), { reached: true, answer: 'Message received: Grüße 👋' });
});

t.test('clients are served at the same time', async (t) => {
  const port = await listening(t, echoServer());
  const idle = connect(port, '127.0.0.1');
  await once(idle, 'connect');
  const texts = Array.from({ length: 50 }, (_, index) => `message ${index}`);
  const answers = await Promise.all(texts.map((text) => ask('127.0.0.1', port, text)));
  t.strictSame(
    answers,
    texts.map((text) => ({ reached: true, answer: `Message received: ${text}` })),
  );
  idle.destroy();
});

t.test('one connection, several lines, in pieces', async (t) => {
  const port = await listening(t, echoServer());
  const socket = connect(port, '127.0.0.1').setEncoding('utf8');
  let heard = '';
  socket.on('data', (chunk) => {
    heard += chunk;
  });
  socket.write('one\r\ntw');
  socket.write('o\n\nlast');
  socket.end();
  await once(socket, 'end');
  t.equal(heard, ['one', 'two', '', 'last'].map((text) => `Message received: ${text}\n`).join(''));
});

t.test('a message without a newline from a client that waits', async (t) => {
  const port = await listening(t, echoServer());
  const socket = connect(port, '127.0.0.1');
  socket.write('hello');
  const [chunk] = await once(socket, 'data');
  t.equal(String(chunk), 'Message received: hello\n');
  socket.destroy();
});

const noNc = spawnSync('nc', ['-h']).error ? 'nc is not installed' : false;
t.test('nc', { skip: noNc }, async (t) => {
  const port = await listening(t, echoServer());
  const nc = spawn('nc', ['127.0.0.1', String(port)], { stdio: ['pipe', 'pipe', 'ignore'] });
  let heard = '';
  nc.stdout.on('data', (chunk) => {
    heard += chunk;
  });
  nc.stdin.end('hello from nc\n');
  await once(nc, 'close');
  t.equal(heard, 'Message received: hello from nc\n', 'and it ends by itself');
});

t.test('a no is looked into', async (t) => {
  const port = await listening(t, echoServer());
  const silent = await listening(
    t,
    createServer((socket) => socket.on('data', () => socket.end())),
  );
  const closed = await new Promise<number>((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
  t.match(await ask('127.0.0.1', closed, 'x'), { reached: false, failed: 'connect', code: 'ECONNREFUSED' });
  t.match(await ask('127.0.0.1', silent, 'x'), { reached: false, failed: 'request' });
  t.match(await look('127.0.0.1', closed), { connect: 'ECONNREFUSED', request: undefined });
  t.match(await look('127.0.0.1', port), { connect: true, request: true });
  t.match(conclude(await look('127.0.0.1', closed)), /nothing listens/);
  t.match(conclude(await look('127.0.0.1', silent)), /does not answer/);
  t.match(conclude({ ping: true, connect: 'ETIMEDOUT', request: undefined }), /firewall/);
  t.match(conclude({ ping: false, connect: 'ETIMEDOUT', request: undefined }), /kept apart/);
  t.match(conclude({ ping: false, connect: 'ENETUNREACH', request: undefined }), /no way/);
  t.equal(
    evidence({ ping: false, connect: 'ETIMEDOUT', request: undefined }),
    'ping: no answer, connect: ETIMEDOUT, request: not tried',
  );
});

t.test('the table', async (t) => {
  const field = { bound: 'localhost', firewall: 'open', client: 'host', address: '127.0.0.1', port: 1 } as const;
  const lines = tableOf(
    [
      { ...field, server: 'host', reachable: true, answer: 'x' },
      { ...field, server: 'container', reachable: false, evidence: 'ping: yes', meaning: 'because' },
    ],
    style({ isTTY: false }),
  );
  t.match(lines[0], 'server bound to localhost, firewall open');
  t.match(lines[2], /from host +reachable +not reachable/);
  t.match(lines[3], 'no: host → container (127.0.0.1:1): ping: yes: because');
});

const close = (program: string | undefined, port: number) => {
  const [file, ...words] = nftCommand(program);
  const child = spawn(file, words, { stdio: ['pipe', 'pipe', 'inherit'] });
  const closed = once(child, 'close');
  return closeFirewall({ stdin: child.stdin, stdout: child.stdout, ended: () => closed }, port);
};

t.test('a firewall that does not take the rule is no reason to wait', async (t) => {
  await t.rejects(close('/no/such/nft', 80), { code: 'ERR_LAB', message: /closes port 80: .*not found/ });
  if (spawnSync('nft', ['-v']).error) t.comment('nft is not installed');
  // No such port; whoever is not root does not even get to it.
  else await t.rejects(close(undefined, 99_999), { message: /closes port 99999: .*(Error|not permitted)/ });
});

t.test('what nft says besides is not a refusal', async (t) => {
  // As in a machine without descriptions of terminals.
  const script = `#!/bin/sh
echo 'No entry for terminal type "linux"; using dumb terminal settings.' >&2
while read -r line && [ "$line" != quit ]; do echo "$line"; done
`;
  const directory = t.testdir({ nft: script });
  chmodSync(`${directory}/nft`, 0o755);
  await t.resolves(close(`${directory}/nft`, 80).then((open) => open()));
});
