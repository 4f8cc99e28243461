/** Calls over a real bus, and what becomes of them where there is none. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import t from 'tap';
import { Connection } from '../../../lib/systemd/connection.ts';
import { scopeMaker, startTransientScope } from '../../../lib/systemd/transient-scope.ts';
import { which } from '../../../scripts/setup/programs.js';
import { temporary } from '../../support/rootfs.ts';

const BUS = 'org.freedesktop.DBus';
const bus = (member: string, ...texts: string[]) => ({
  destination: BUS,
  path: '/org/freedesktop/DBus',
  interface: BUS,
  member,
  body: texts.map((value) => ({ type: 's' as const, value })),
});
const soon = () => AbortSignal.timeout(20_000);

/** A session's bus with nothing on it, that ends with its input's. */
async function startBus(directory: string): Promise<ChildProcess> {
  writeFileSync(
    `${directory}/bus.conf`,
    `<busconfig><type>session</type><listen>unix:path=${directory}/bus</listen><auth>EXTERNAL</auth>
     <policy context="default"><allow send_destination="*"/><allow own="*"/><allow eavesdrop="true"/></policy></busconfig>`,
  );
  const daemon = spawn('dbus-daemon', [`--config-file=${directory}/bus.conf`, '--nofork', '--print-address'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await once(daemon.stdout as NodeJS.ReadableStream, 'data');
  return daemon;
}

t.test('a real bus', { skip: which('dbus-daemon') ? false : 'dbus-daemon is not installed' }, async (t) => {
  const directory = temporary('bus');
  const daemon = await startBus(directory);
  t.teardown(() => daemon.kill());
  const connection = await Connection.open(`${directory}/bus`, soon());
  const [name] = await connection.call(bus('Hello'));
  t.match(name, /^:1\.\d+$/);
  // Two at a time: each has its own reply.
  const [[owner], [id]] = await Promise.all([connection.call(bus('GetNameOwner', BUS)), connection.call(bus('GetId'))]);
  t.equal(owner, BUS);
  t.match(id, /^[0-9a-f]{32}$/);
  await t.rejects(connection.call(bus('GetNameOwner', 'no.such')), {
    name: 'Refused',
    code: 'org.freedesktop.DBus.Error.NameHasNoOwner',
    message: /no\.such/,
  });
  await connection.call(bus('AddMatch', "type='signal',member='NameOwnerChanged'"));
  const other = await Connection.open(`${directory}/bus`, soon());
  await other.call(bus('Hello'));
  t.match(await connection.take(({ member }) => member === 'NameOwnerChanged'), { body: [/^:1/, '', /^:1/] });
  other.close();
  // Nobody here makes scopes, and that is what is said.
  const maker = { sockets: [{ path: `${directory}/bus`, isBus: true }], slice: 'app.slice' };
  await t.rejects(startTransientScope(maker, 'x.scope', [process.pid]), {
    name: 'AggregateError',
    message: /\/bus: .*org\.freedesktop\.systemd1/,
  });
  daemon.kill();
  await once(daemon, 'exit');
  await t.rejects(connection.call(bus('GetId')), { message: /closed|EPIPE|ECONNRESET/ });
  connection.close();
});

t.test('a socket that nobody answers', async (t) => {
  const path = `${temporary('bus')}/socket`;
  await t.rejects(Connection.open(path, soon()), { code: 'ENOENT' });
  const server = createServer((socket) => void socket.on('error', () => {})).listen(path);
  await once(server, 'listening');
  await t.rejects(Connection.open(path, AbortSignal.timeout(20)), { name: 'AbortError' });
  server.close();
  const rude = createServer((socket) => void socket.end('REJECTED\r\n')).listen(`${path}2`);
  await once(rude, 'listening');
  await t.rejects(Connection.open(`${path}2`, soon()), { message: /REJECTED/ });
  rude.close();
});

t.test("whose sockets: a plain user's are below its runtime directory", (t) => {
  const directory = temporary('runtime');
  t.equal(scopeMaker(12345, { XDG_RUNTIME_DIR: directory }), undefined);
  writeFileSync(`${directory}/bus`, '');
  t.strictSame(scopeMaker(12345, { XDG_RUNTIME_DIR: directory }), {
    sockets: [{ path: `${directory}/bus`, isBus: true }],
    slice: 'app.slice',
  });
  t.end();
});
