/** Networks of the library's own: who reaches whom, who has which address, and what is left when they go. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import {
  type Container,
  type ContainerOptions,
  createContainer,
  createNetwork,
  listNetworks,
  openNetwork,
} from 'cofferdam';
import { execa } from 'execa';
import { audited } from '../support/audit.ts';
import { serve, serveText } from '../support/networks.ts';
import { eventually } from '../support/program.ts';
import { busybox } from '../support/rootfs.ts';

const rootfs = { lower: busybox() };
const box = (options: Partial<ContainerOptions>): Promise<Container> => createContainer({ rootfs, ...options });

let networks = 0;
/** A name that no other test file has. */
const fresh = (): string => `cfn${process.pid % 100_000}${String.fromCharCode(97 + networks++)}`;

const STATE = process.env.COFFERDAM_ROOT ? `${process.env.COFFERDAM_ROOT}/run` : '/run/cofferdam';

const tables = (): string => execFileSync('nft', ['list', 'tables'], { encoding: 'utf8' });
const links = (): string[] =>
  readFileSync('/proc/net/dev', 'utf8')
    .split('\n')
    .map((line) => line.trim().split(':')[0] as string);

/** A server in a container: answers each connection with `text`. */
const ASK = (address: string, port: number) => ['nc', '-w', '3', address, String(port)];
/** From this program's own network namespace. */
const ask = async (address: string, port: number): Promise<string> =>
  (await execa('busybox', ['nc', '-w', '3', address, String(port)], { reject: false, stdin: 'ignore' })).stdout;

audited('a network: leases, gateway, its own MAC, and containers that reach one another', async (t) => {
  const network = await createNetwork({ name: fresh(), subnet: '10.79.1.0/24', mtu: 1400 });
  t.match(network, { subnet: '10.79.1.0/24', gateway: '10.79.1.1' });
  {
    await using a = await box({ network: { bridge: network.name } });
    await using b = await box({ network: { bridge: network.name } });
    await a.start(['sleep', '60']);
    t.strictSame(await a.ips({ timeout: 5000 }), ['10.79.1.2']);
    const { stdout } = await a.exec(['sh', '-c', 'ip addr show eth0; ip route']);
    t.match(stdout, /mtu 1400.*link\/ether 02:cf:0a:4f:01:02.*inet 10\.79\.1\.2\/24/s);
    t.match(stdout, /default via 10\.79\.1\.1 dev eth0/);
    t.notMatch(stdout, /inet6/, 'CVE-2024-32473: no IPv6 where the network has none');
    t.match(await b.run(['ping', '-c', '1', '-W', '3', '10.79.1.2']), { exitCode: 0 });
    t.match(await network.inspect(), { up: true, users: [{ container: a.id, address: '10.79.1.2' }] });
    await t.rejects(network.remove(), { code: 'ERR_NETWORK_IN_USE', message: new RegExp(a.id) });
  }
  await network.remove();
  t.notOk(links().includes(network.name));
  t.notMatch(tables(), network.name);
  await t.rejects(network.inspect(), { code: 'ERR_NETWORK_UNKNOWN' });
});

audited('a connection that a killed container leaves behind keeps neither its link nor its address', async (t) => {
  const network = await createNetwork({ name: fresh(), subnet: '10.79.4.0/24' });
  // Of what comes it reads nothing: once its buffers are full, there is more to be sent for ever.
  const server = createServer({ pauseOnConnect: true }).listen(0, network.gateway);
  await once(server, 'listening');
  const connected = once(server, 'connection') as Promise<[Socket]>;
  const { port } = server.address() as AddressInfo;
  const before = new Set(links());
  const added = () => links().filter((name) => !before.has(name));
  {
    await using sender = await box({ network: { bridge: network.name } });
    await sender.start(['sh', '-c', `nc ${network.gateway} ${port} </dev/zero`]);
    const received = () => Number(readFileSync(`/sys/class/net/${added()[0]}/statistics/rx_bytes`, 'utf8'));
    t.ok(await eventually(() => received() > 2 ** 16));
  }
  t.strictSame(added(), [], 'no link');
  t.match(await network.inspect(), { users: [] });
  (await connected)[0].destroy();
  server.close();
  await network.remove();
});

audited('the default network comes with its first user and goes with its last', async (t) => {
  await using a = await box({ network: 'bridge' });
  await using b = await box({ network: { bridge: 'cofferdam0', interface: 'eth1' } });
  await a.start(['sleep', '60']);
  await b.start(['sleep', '60']);
  t.ok(links().includes('cofferdam0'));
  const [address = ''] = await a.ips();
  t.match(await b.exec(['ping', '-c', '1', '-W', '3', address]), { exitCode: 0 });
  await Promise.all([a.remove(), b.remove()]);
  t.ok(await eventually(() => !links().includes('cofferdam0')), 'no bridge');
  t.ok(await eventually(() => !/cofferdam0/.test(tables())), 'no table');
  t.ok(await eventually(async () => (await listNetworks()).length === 0), 'nothing on record, which goes last');
});

audited("COFFERDAM_SUBNET chooses the default network's subnet", async (t) => {
  const { COFFERDAM_SUBNET: before } = process.env;
  try {
    for (const nonsense of ['10.79.9.0', '10.79.9.0/31', '0.0.0.0/1', 'fd00::/64']) {
      process.env.COFFERDAM_SUBNET = nonsense;
      await using refused = await box({ network: 'bridge' });
      await t.rejects(
        refused.run(['true']),
        { name: 'RangeError', message: /COFFERDAM_SUBNET.*8 to 30 bits/ },
        nonsense,
      );
    }
    process.env.COFFERDAM_SUBNET = '10.79.9.0/28';
    await using a = await box({ network: 'bridge' });
    await a.start(['sleep', '60']);
    t.strictSame(await a.ips(), ['10.79.9.2']);
  } finally {
    if (before === undefined) delete process.env.COFFERDAM_SUBNET;
    else process.env.COFFERDAM_SUBNET = before;
  }
  t.ok(await eventually(() => !links().includes('cofferdam0')), 'no bridge');
});

audited('published ports: from the host, its loopback, other networks, the same one, and itself', async (t) => {
  const [one, two] = [await createNetwork({ name: fresh() }), await createNetwork({ name: fresh() })];
  {
    await using server = await box({ network: { bridge: one.name }, publish: [{ host: 18080, container: 80 }] });
    await serve(server, serveText(80, 'hello'), 80);
    t.match(server.published, [{ host: 18080, container: 80, protocol: 'tcp' }]);
    t.equal(await ask('127.0.0.1', 18080), 'hello', 'the loopback');
    t.equal(await ask(one.gateway, 18080), 'hello', "the host's address");
    for (const network of [one, two]) {
      await using client = await box({ network: { bridge: network.name } });
      t.match(await client.run(ASK(network.gateway, 18080)), { stdout: 'hello\n' }, `from ${network.name}`);
      const direct = await client.run(ASK((await server.ips())[0] as string, 80));
      t.equal(direct.stdout, network === one ? 'hello\n' : '', 'directly only in its own network');
    }
    t.match(await server.exec(ASK(one.gateway, 18080)), { stdout: 'hello\n' }, 'from itself');
  }
  t.equal(await ask('127.0.0.1', 18080), '', 'no more');
  await one.remove();
  await two.remove();
});

audited('a port in use is an error before the start', async (t) => {
  const network = await createNetwork({ name: fresh() });
  const listening = createServer().listen(18081, '127.0.0.1');
  {
    await using a = await box({
      id: 'first',
      network: { bridge: network.name, publish: [{ host: 18082, container: 80 }] },
    });
    await using b = await box({ network: { bridge: network.name, publish: [{ host: 18082, container: 81 }] } });
    await using c = await box({ network: { bridge: network.name, publish: [{ host: 18081, container: 81 }] } });
    await serve(a, serveText(80, 'first'), 80);
    await t.rejects(b.run(['true']), { code: 'ERR_PORT_IN_USE', message: /18082\/tcp.*container 'first'/ });
    await t.rejects(c.run(['true']), { code: 'ERR_PORT_IN_USE', message: new RegExp(`18081/tcp.*pid ${process.pid}`) });
    t.equal(await ask('127.0.0.1', 18082), 'first', 'whose it was has it still');
    t.equal((await network.inspect()).users.length, 1, 'those that failed have no lease');
  }
  listening.close();
  await network.remove();
});

audited('leases: an exhausted pool, static addresses, addresses in use', async (t) => {
  const network = await createNetwork({ name: fresh(), subnet: '10.79.2.0/29' });
  const made: Container[] = [];
  for (let i = 0; i < 5; i++) made.push(await box({ network: { bridge: network.name } }));
  await Promise.all(made.map((each) => each.start(['sleep', '60'])));
  const addresses = await Promise.all(made.map(async (each) => (await each.ips())[0]));
  t.strictSame(
    addresses.sort(),
    [2, 3, 4, 5, 6].map((last) => `10.79.2.${last}`),
  );
  await using late = await box({ network: { bridge: network.name } });
  await t.rejects(late.run(['true']), { code: 'ERR_ADDRESS_POOL_EXHAUSTED', message: /10\.79\.2\.0\/29/ });
  await using chosen = await box({ network: { bridge: network.name, address: '10.79.2.4' } });
  await t.rejects(chosen.run(['true']), { code: 'ERR_ADDRESS_IN_USE', message: /10\.79\.2\.4/ });
  await Promise.all(made.map((each) => each.remove()));
  t.match(await chosen.run(['ip', 'addr']), { stdout: /10\.79\.2\.4\/29/ });
  t.strictSame(readdirSync(join(STATE, 'networks', network.name, 'leases')), []);
  await network.remove();
});

audited('networks that cannot be', async (t) => {
  const network = await createNetwork({ name: fresh(), subnet: '10.79.3.0/24' });
  const refused = (options: object, error: { code: string; message?: RegExp }) =>
    t.rejects(createNetwork(options as { name: string }), error);
  await refused({ name: network.name }, { code: 'ERR_NETWORK_EXISTS' });
  await refused(
    { name: 'lo2', subnet: '10.79.3.128/25' },
    { code: 'ERR_SUBNET_OVERLAP', message: new RegExp(network.name) },
  );
  await refused({ name: 'x'.repeat(16) }, { code: 'ERR_INVALID_OPTION_VALUE', message: /15 characters/ });
  await refused({ name: 'x', subnet: '10.79.3' }, { code: 'ERR_INVALID_OPTION_VALUE' });
  for (const gateway of ['10.79.4.0', '10.79.4.255'])
    await refused(
      { name: 'x', subnet: '10.79.4.0/24', gateway },
      { code: 'ERR_INVALID_OPTION_VALUE', message: /first or last address/ },
    );
  await t.rejects(openNetwork('no-such'), { code: 'ERR_NETWORK_UNKNOWN' });
  await network.remove();
});

audited('a network outlives the machine: put back by its first container, or by reconcile()', async (t) => {
  const network = await createNetwork({ name: fresh(), subnet: '10.79.5.0/24' });
  const { name } = network;
  /** What a start of the machine leaves: nothing in /run, no link, no table. */
  const reboot = async () => {
    rmSync(join(STATE, 'networks', name), { recursive: true });
    await execa('ip', ['link', 'delete', name]);
    await execa('nft', ['delete', 'table', 'inet', `cofferdam-${name}`]);
  };
  await reboot();
  t.ok((await listNetworks()).some((each) => each.name === name));
  t.match(await network.inspect(), { up: false, subnet: '10.79.5.0/24' });
  await t.rejects(createNetwork({ name }), { code: 'ERR_NETWORK_EXISTS' });
  await using first = await box({ network: { bridge: name } });
  t.match(await first.run(['ip', 'addr']), { stdout: /10\.79\.5\.2\/24/ });
  t.match(tables(), `cofferdam-${name}`);
  await reboot();
  await (await openNetwork(name)).reconcile();
  t.match(await network.inspect(), { up: true });
  await network.remove();
  await t.rejects(openNetwork(name), { code: 'ERR_NETWORK_UNKNOWN' });
});

audited('without nft', async (t) => {
  const script = `
    import { createNetwork, probe } from 'cofferdam';
    const error = await createNetwork({ name: 'cft-nonft' }).catch(({ code, message }) => ({ code, message }));
    console.log(JSON.stringify([error, probe().features.find(({ feature }) => feature === 'nft')]));`;
  const hidden = 'mount -t tmpfs tmpfs /usr/sbin && exec "$@"';
  const { stdout } = await execa(
    'unshare',
    ['-m', '--propagation', 'private', 'sh', '-c', hidden, 'sh', process.execPath, '--input-type=module', '-e', script],
    { cwd: new URL('../..', import.meta.url) },
  );
  const [error, row] = JSON.parse(stdout);
  t.match(error, { code: 'ERR_NFT_MISSING', message: /apt-get install nftables/ });
  t.match(row, { available: false, remedy: /nftables/ });
  await t.rejects(openNetwork('cft-nonft'), { code: 'ERR_NETWORK_UNKNOWN' });
});
