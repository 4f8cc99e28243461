/** Containers of a network find each other by name; and the files that tell them how. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createContainer, createNetwork } from 'cofferdam';
import { audited } from '../support/audit.ts';
import { eventually } from '../support/program.ts';
import { busybox, makeBusybox, temporary } from '../support/rootfs.ts';

const rootfs = { lower: busybox() };
let count = 0;
const unique = (): string => `cfn${process.pid % 100_000}n${count++}`;
const RUN = process.env.COFFERDAM_ROOT ? `${process.env.COFFERDAM_ROOT}/run` : '/run/cofferdam';

/** Node processes that are responders of a network. */
const responders = (network: string): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
        return words.some((word) => word.endsWith('dns/helper.js')) && words.includes(network);
      } catch {
        return false;
      }
    })
    .map(Number);

audited('by host name, id and alias, both ways, and no longer once it is gone', async (t) => {
  const network = await createNetwork({ name: unique() });
  await using web = await createContainer({
    rootfs,
    id: `web-${process.pid}`,
    hostname: 'web',
    network: { bridge: network.name, aliases: ['www'] },
  });
  await using client = await createContainer({ rootfs, hostname: 'client', network: { bridge: network.name } });
  await Promise.all([web.start(['sleep', '60']), client.start(['sleep', '60'])]);
  const [address] = await web.ips();
  for (const name of ['web', 'WWW', `web-${process.pid}`, `web.${network.name}`]) {
    const { stdout, exitCode } = await client.exec(['nslookup', name]);
    t.match(stdout, `${address}`, `${name}: ${stdout}`);
    t.equal(exitCode, 0);
  }
  t.match(await client.exec(['ping', '-c', '1', '-W', '2', 'web']), { exitCode: 0 });
  t.match(await web.exec(['ping', '-c', '1', '-W', '2', 'client']), { exitCode: 0 });
  t.match(await client.exec(['nslookup', address as string]), { stdout: /name = web/ }, 'the other way round');
  t.match(await client.exec(['nslookup', 'nobody']), { stdout: /NXDOMAIN/ });
  t.equal(responders(network.name).length, 1, 'one responder for all');
  await web.remove();
  t.match(await client.exec(['nslookup', 'web']), { stdout: /NXDOMAIN/ });
  await client.remove();
  await network.remove();
  t.ok(await eventually(() => responders(network.name).length === 0), 'the responder goes with its network');
  t.notOk(existsSync(join(RUN, 'dns', network.name)));
});

audited('a responder that was killed comes again with the next container', async (t) => {
  const network = await createNetwork({ name: unique(), internal: true });
  await using a = await createContainer({ rootfs, hostname: 'alpha', network: { bridge: network.name } });
  await a.start(['sleep', '60']);
  const [first = 0] = responders(network.name);
  process.kill(first, 'SIGKILL');
  t.ok(await eventually(() => !responders(network.name).includes(first)));
  await using b = await createContainer({ rootfs, network: { bridge: network.name } });
  t.match(await b.run(['nslookup', 'alpha']), { stdout: /Name:\s+alpha/ });
  await a.remove();
  t.ok(
    await eventually(() => responders(network.name).length === 0, 10_000),
    'it goes a moment after the last container',
  );
  await network.remove();
});

/** As soon as the responder's last thread has left them. */
async function eventuallyOccupied(address: string): Promise<AsyncDisposable> {
  for (let tries = 0; ; tries++)
    try {
      return await occupied(address);
    } catch (error) {
      if (tries === 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
}

/** All of a network's ports 53, taken by somebody else. */
async function occupied(address: string): Promise<AsyncDisposable> {
  const server = createServer().listen({ host: address, port: 53 });
  const socket = createSocket('udp4').bind(53, address);
  const close = async () => {
    // A server that does not listen has none to close, and says so.
    await Promise.all([
      new Promise((closed) => server.close(closed)),
      new Promise<void>((closed) => socket.close(closed)),
    ]);
  };
  const listening = await Promise.allSettled([once(server, 'listening'), once(socket, 'listening')]);
  for (const each of listening)
    if (each.status === 'rejected') {
      await close();
      throw each.reason;
    }
  return { [Symbol.asyncDispose]: close };
}

audited('where no responder can listen, /etc/hosts says who was there at the start', async (t) => {
  const network = await createNetwork({ name: unique(), internal: true });
  await using a = await createContainer({
    rootfs,
    hostname: 'alpha',
    network: { bridge: network.name, aliases: ['first'] },
  });
  await a.start(['sleep', '60']);
  const [address = ''] = await a.ips();
  const [responder = 0] = responders(network.name);
  process.kill(responder, 'SIGKILL');
  t.ok(await eventually(() => !responders(network.name).includes(responder)));
  await using b = await createContainer({ rootfs, hostname: 'beta', network: { bridge: network.name } });
  {
    await using _taken = await eventuallyOccupied(network.gateway);
    t.match(await b.run(['ping', '-c', '1', '-W', '2', 'first']), { exitCode: 0, stdout: `(${address})` });
    const { stdout } = await b.run(['cat', '/etc/hosts', '/etc/resolv.conf']);
    t.match(stdout, `${address} alpha\n`);
    t.match(stdout, `${address} first\n`);
    t.notMatch(stdout, /nameserver/, 'nobody answers there');
    t.ok(await eventually(() => responders(network.name).length === 0), 'who could not listen has gone');
  }
  await Promise.all([a.remove(), b.remove()]);
  await network.remove();
});

audited('names of one network are not told in another', async (t) => {
  const one = await createNetwork({ name: unique() });
  const other = await createNetwork({ name: unique() });
  await using secret = await createContainer({ rootfs, hostname: 'secret', network: { bridge: one.name } });
  await secret.start(['sleep', '60']);
  await using stranger = await createContainer({ rootfs, network: { bridge: other.name } });
  await stranger.start(['sleep', '60']);
  t.match(await stranger.exec(['nslookup', 'secret']), { stdout: /NXDOMAIN/ });
  const { stdout } = await stranger.exec(['timeout', '8', 'nslookup', 'secret', one.gateway]);
  t.notMatch(stdout, (await secret.ips())[0] as string);
  await Promise.all([secret.remove(), stranger.remove()]);
  await Promise.all([one.remove(), other.remove()]);
});

audited('/etc/hosts, /etc/hostname and /etc/resolv.conf', async (t) => {
  const network = await createNetwork({ name: unique() });
  await using box = await createContainer({
    rootfs,
    hostname: 'box',
    hosts: { database: '10.1.2.3' },
    network: {
      bridge: network.name,
      aliases: ['crate'],
      dns: { search: ['example.com', 'lan'], options: ['ndots:2', 'timeout:1'] },
    },
  });
  const [address] = [network.gateway.replace(/\.1$/, '.2')];
  const { stdout } = await box.run([
    'sh',
    '-c',
    'cd /etc; tail -n 9 hosts hostname resolv.conf; stat -c %a hosts; mount',
  ]);
  t.match(stdout, `${address} box crate\n`);
  t.match(stdout, '10.1.2.3 database\n');
  t.match(stdout, '127.0.0.1 localhost\n');
  t.match(stdout, '==> hostname <==\nbox\n');
  t.match(stdout, `search example.com lan\nnameserver ${network.gateway}\noptions ndots:2 timeout:1\n`);
  t.match(stdout, /^644$/m);
  t.notOk(existsSync(join(rootfs.lower, 'etc/resolv.conf')), 'the lower directory is as it was');
  await using own = await createContainer({
    rootfs,
    network: { bridge: network.name, dns: { servers: ['192.0.2.53'] } },
  });
  t.match(await own.run(['cat', '/etc/resolv.conf']), { stdout: 'nameserver 192.0.2.53\n' });
  await using none = await createContainer({ rootfs });
  t.match(await none.run(['cat', '/etc/resolv.conf']), { exitCode: 1 }, 'nobody asked for it');
  await network.remove();
});

audited("a hostile image leads nowhere: links in the place of the files, on the host's files", async (t) => {
  const victim = temporary('victim');
  writeFileSync(join(victim, 'hosts'), 'untouched\n');
  const root = makeBusybox();
  for (const [name, target] of [
    ['hosts', join(victim, 'hosts')],
    ['hostname', join(victim, 'new')],
    ['resolv.conf', '../../../../../../run/nowhere/resolv.conf'],
  ] as const) {
    rmSync(join(root, 'etc', name), { force: true });
    symlinkSync(target, join(root, 'etc', name));
  }
  await using box = await createContainer({
    rootfs: root,
    hostname: 'box',
    hosts: { x: '10.0.0.1' },
    network: { dns: { servers: ['192.0.2.1'] } },
  });
  const { stdout, exitCode } = await box.run(['cat', '/etc/hosts', '/etc/hostname', '/etc/resolv.conf']);
  t.equal(exitCode, 0);
  t.match(stdout, /10\.0\.0\.1 x\n/);
  t.match(stdout, /nameserver 192\.0\.2\.1/);
  t.equal(readFileSync(join(victim, 'hosts'), 'utf8'), 'untouched\n');
  t.strictSame(readdirSync(victim), ['hosts'], 'nothing was made on the host');
  t.notOk(existsSync('/run/nowhere'));
});

audited("with the host's own root", async (t) => {
  const network = await createNetwork({ name: unique() });
  const before = readFileSync('/etc/hosts', 'utf8');
  await using box = await createContainer({ rootfs: 'host', hostname: 'box', network: { bridge: network.name } });
  const { stdout, stderr } = await box.run([
    'sh',
    '-c',
    'cat /etc/hosts /etc/hostname /etc/resolv.conf; echo evil >> /etc/hosts',
  ]);
  t.match(stdout, new RegExp(` box\nbox\nnameserver ${network.gateway}\n`), stderr);
  t.equal(readFileSync('/etc/hosts', 'utf8'), before);
  await network.remove();
});

audited('in a user namespace of its own', async (t) => {
  const network = await createNetwork({ name: unique() });
  await using box = await createContainer({
    rootfs,
    hostname: 'box',
    network: { bridge: network.name },
    userNamespace: {
      uidMappings: [{ containerID: 0, hostID: 100_000, size: 65_536 }],
      gidMappings: [{ containerID: 0, hostID: 100_000, size: 65_536 }],
    },
  });
  t.match(await box.run(['cat', '/etc/hostname', '/etc/resolv.conf']), {
    stdout: `box\nnameserver ${network.gateway}\n`,
  });
  await network.remove();
});
