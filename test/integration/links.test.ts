/** Interfaces of every kind, how quick they are, and what the kernel says of them. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { createContainer, listAddresses, listLinks, listRoutes } from 'cofferdam';
import { execa } from 'execa';
import t from 'tap';
import { audited } from '../support/audit.ts';
import { busybox } from '../support/rootfs.ts';

const rootfs = { lower: busybox() };
const ip = (...words: string[]) => execa('ip', words);
let count = 0;
/** A name that nobody else has. */
const unique = (): string => `cft${process.pid % 100_000}x${count++}`;

/** What this kernel cannot make, with its answer. */
async function cannotMake(type: string, ...more: string[]): Promise<string | false> {
  const name = unique();
  const { exitCode, stderr } = await execa('ip', ['link', 'add', name, 'type', type, ...more], { reject: false });
  if (exitCode === 0) await ip('link', 'del', name);
  return exitCode === 0 ? false : `this machine cannot make a ${type}: ${stderr}`;
}

// Before the first test: what it leaves for a moment is no leak.
const noVxlan = await cannotMake('vxlan', 'id', '7', 'dstport', '4789');

audited('macvlan: two containers on one parent reach each other, and the parent is left as it was', async (t) => {
  const parent = unique();
  await ip('link', 'add', parent, 'type', 'veth', 'peer', 'name', `${parent}p`);
  try {
    await ip('link', 'set', parent, 'up');
    await ip('link', 'set', `${parent}p`, 'up');
    const network = (address: string) => ({ type: 'macvlan', parent, address }) as const;
    await using a = await createContainer({ rootfs, network: network('10.79.0.1/24') });
    await using b = await createContainer({
      rootfs,
      network: { ...network('10.79.0.2/24'), mac: '02:00:00:00:79:02' },
    });
    await a.start(['sleep', '60']);
    const { stdout, exitCode } = await b.run(['sh', '-c', 'ip link show eth0; ping -c 1 -W 2 10.79.0.1']);
    t.equal(exitCode, 0, stdout);
    t.match(stdout, /eth0@.*\n.*link\/ether 02:00:00:00:79:02/);
    await using wrong = await createContainer({ rootfs, network: { type: 'macvlan', parent: 'nowhere0' } });
    await t.rejects(wrong.run(['true']), { code: 'ERR_LINK_UNKNOWN', message: /'nowhere0'/ });
  } finally {
    await ip('link', 'del', parent);
  }
});

audited('an interface of the host moves in, and comes back under its old name', async (t) => {
  const device = unique();
  await ip('link', 'add', device, 'type', 'veth', 'peer', 'name', `${device}p`);
  try {
    await ip('addr', 'add', '10.80.0.2/24', 'dev', `${device}p`);
    await ip('link', 'set', `${device}p`, 'up');
    const index = async () => (await listLinks()).find(({ name }) => name === device)?.index;
    const before = await index();
    await using box = await createContainer({
      rootfs,
      network: { type: 'move', device, interface: 'lan0', address: '10.80.0.1/24' },
    });
    for (let round = 0; round < 2; round++) {
      await box.start(['sleep', '60']);
      t.equal(await index(), undefined, 'it is gone from the host');
      t.match(await box.exec(['ping', '-c', '1', '-W', '2', '10.80.0.2']), { exitCode: 0 });
      box.kill();
      await box.exited;
      t.equal(await index(), before, 'it is back');
    }
    await using failing = await createContainer({ rootfs, network: { type: 'move', device } });
    await t.rejects(failing.run(['no-such-command']), { code: 'ERR_COMMAND_NOT_FOUND' });
    t.equal(await index(), before, 'after a launch that failed, too');
    await using missing = await createContainer({ rootfs, network: { type: 'move', device: 'nowhere0' } });
    await t.rejects(missing.run(['true']), { code: 'ERR_LINK_UNKNOWN' });
  } finally {
    await ip('link', 'del', `${device}p`);
  }
});

audited(
  'VXLAN: a tunnel between two network namespaces of the host',
  async (t) => {
    // Both ends are on this host, at two of its addresses.
    const tunnel = unique();
    await ip('link', 'add', tunnel, 'type', 'veth', 'peer', 'name', `${tunnel}p`);
    try {
      for (const [address, name] of [
        ['10.81.0.1/32', tunnel],
        ['10.81.0.2/32', `${tunnel}p`],
      ] as const) {
        await ip('addr', 'add', address, 'dev', name);
        await ip('link', 'set', name, 'up');
      }
      const network = (local: string, peer: string, address: string, port: number) =>
        ({ type: 'vxlan', vni: 81, local, peers: [peer], address, port }) as const;
      await using a = await createContainer({
        rootfs,
        network: network('10.81.0.1', '10.81.0.2', '10.82.0.1/24', 4789),
      });
      await a.start(['sleep', '60']);
      t.match(await a.exec(['ip', 'link', 'show', 'eth0']), { stdout: /mtu 1[34]\d\d/ });
      const { stdout } = await execa('nsenter', ['-t', String(a.pid), '-n', 'bridge', 'fdb', 'show', 'dev', 'eth0']);
      t.match(stdout, /00:00:00:00:00:00 dst 10\.81\.0\.2 .*permanent/);
    } finally {
      await ip('link', 'del', tunnel);
    }
  },
  noVxlan,
);

/** Bytes a second, from one side of a TCP connection to the other, in `seconds`. */
async function throughput(
  from: 'host' | 'container',
  rate: object | number | undefined,
  seconds: number,
): Promise<number> {
  const bridge = unique();
  await ip('link', 'add', bridge, 'type', 'bridge');
  try {
    await ip('addr', 'add', '10.83.0.254/24', 'dev', bridge);
    await ip('link', 'set', bridge, 'up');
    await using box = await createContainer({
      rootfs,
      network: { bridge, address: '10.83.0.1/24', rate: rate as number },
    });
    if (from === 'container') {
      let bytes = 0;
      const server = createServer((socket) => {
        socket.on('data', (chunk) => {
          bytes += chunk.length;
        });
        socket.on('error', () => {});
      }).listen(0, '10.83.0.254');
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      const sending = box.run(['sh', '-c', `timeout ${seconds} cat /dev/zero | nc 10.83.0.254 ${port}`]);
      await once(server, 'connection');
      const begun = performance.now();
      await sending;
      server.close();
      return bytes / ((performance.now() - begun) / 1000);
    }
    const receiving = await box.start(['nc', '-l', '-p', '9000', '-e', 'wc', '-c'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const socket = await connected('10.83.0.1', 9000);
    const begun = performance.now();
    const block = Buffer.alloc(64 * 1024);
    while (performance.now() - begun < seconds * 1000) if (!socket.write(block)) await drained(socket);
    // What was written and not sent yet is on the way for as long as it takes.
    socket.end();
    let said = '';
    socket.resume();
    socket.on('data', (chunk) => {
      said += chunk;
    });
    await once(socket, 'close');
    receiving.kill('SIGKILL');
    return Number(said) / ((performance.now() - begun) / 1000);
  } finally {
    await ip('link', 'del', bridge);
  }
}

/** Resolves when there is room again, after a moment in any case. */
const drained = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      socket.off('drain', done);
      resolve();
    };
    const timer = setTimeout(done, 50);
    socket.on('drain', done);
  });

async function connected(host: string, port: number) {
  for (let tried = 0; ; tried++) {
    const socket = connect(port, host);
    const came = await new Promise((resolve) => {
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    });
    if (came) return socket;
    if (tried === 100) throw new Error('the container does not listen');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const RATE = 2_000_000;

audited('rate: what the container sends', async (t) => {
  const shaped = await throughput('container', RATE, 3);
  t.ok(shaped > 0.5 * RATE && shaped < 1.2 * RATE, `${shaped} bytes a second`);
  const free = await throughput('container', undefined, 1);
  t.ok(free > 5 * RATE, `${free} bytes a second without a limit`);
});

audited('rate: what the container receives', async (t) => {
  const shaped = await throughput('host', { receive: RATE }, 3);
  t.ok(shaped > 0.5 * RATE && shaped < 1.2 * RATE, `${shaped} bytes a second`);
  const free = await throughput('host', { send: RATE }, 1);
  t.ok(free > 5 * RATE, `${free} bytes a second when only the other way is limited`);
});

audited('delay and loss, or the reason why not', async (t) => {
  await using box = await createContainer({ rootfs, network: { address: '10.84.0.1/24', delay: 50, loss: 0.01 } });
  const { exitCode: has } = await execa('sh', ['-c', 'zcat /proc/config.gz | grep -q NET_SCH_NETEM='], {
    reject: false,
  });
  const started = box.start(['sleep', '60']).then(
    () => true,
    (error) => error,
  );
  const outcome = await started;
  if (outcome === true) {
    const { stdout } = await execa('nsenter', ['-t', String(box.pid), '-n', 'tc', 'qdisc', 'show', 'dev', 'eth0']);
    t.match(stdout, /netem.*delay 50ms.*loss 1%/);
  } else {
    t.match(outcome, {
      code: 'ERR_UNSUPPORTED',
      message: /delay and loss.*this kernel has no sch_netem.*modprobe sch_netem/,
    });
    t.not(has, 0, 'and it really has not');
  }
});

audited('links, addresses and routes, of the host and of a container', async (t) => {
  await using box = await createContainer({
    rootfs,
    network: {
      interface: 'eth7',
      address: '10.85.0.1/24',
      gateway: '10.85.0.254',
      mtu: 1400,
      mac: '02:00:00:00:85:01',
    },
  });
  await box.start(['sleep', '60']);
  const links = await listLinks({ namespace: box });
  t.strictSame(links.map(({ name }) => name).sort(), ['eth7', 'lo']);
  t.match(
    links.find(({ name }) => name === 'eth7'),
    { kind: 'veth', up: true, mtu: 1400, mac: '02:00:00:00:85:01', master: undefined },
  );
  t.match(await listAddresses({ namespace: box }), [
    { interface: 'lo', family: 'ipv4', address: '127.0.0.1', prefix: 8, scope: 'host' },
    { interface: 'eth7', family: 'ipv4', address: '10.85.0.1', prefix: 24, scope: 'global', tentative: false },
  ]);
  const routes = await listRoutes({ namespace: { path: `/proc/${box.pid}/ns/net` } });
  t.match(
    routes.filter(({ family }) => family === 'ipv4'),
    [
      { destination: 'default', gateway: '10.85.0.254', interface: 'eth7' },
      { destination: '10.85.0.0/24', gateway: undefined, interface: 'eth7' },
    ],
  );
  t.ok(
    (await listLinks()).some(({ name }) => name === 'lo'),
    "this program's own",
  );
  await box.remove();
  await t.rejects(listLinks({ namespace: box }), { code: 'ERR_CONTAINER_STATE' });
});

t.test('options that cannot be', async (t) => {
  const table: readonly (readonly [object, RegExp])[] = [
    [{ type: 'macvlan' }, /'network.parent' must be given for type 'macvlan'/],
    [{ type: 'move' }, /network.device/],
    [{ type: 'vxlan', vni: 7 }, /network.local/],
    [{ type: 'vxlan', vni: 2 ** 24, local: '10.0.0.1' }, /network.vni/],
    [{ type: 'vxlan', vni: 1, local: '10.0.0.1', peers: ['fd00::1'] }, /family of 10.0.0.1/],
    [{ type: 'macvlan', parent: 'eth0', bridge: 'br0' }, /network.bridge.*means nothing/],
    [{ parent: 'eth0' }, /network.parent.*means nothing for type 'veth'/],
    [{ type: 'macvlan', parent: 'eth0', rate: 1e6 }, /network.rate.*cannot limit what arrives/],
    [{ rate: 10 }, /network.rate/],
    [{ rate: { up: 1e6 } }, /unknown option 'network.rate.up'/],
    [{ loss: 2 }, /network.loss/],
    [{ dns: { servers: ['8.8.8.8\nsearch evil'] } }, /network.dns.servers\[0\]/],
    [{ dns: { search: ['a b'] } }, /network.dns.search\[0\]/],
    [{ dns: { options: ['ndots:2\nnameserver 1.2.3.4'] } }, /network.dns.options\[0\]/],
    [{ aliases: ['x\n1.2.3.4 y'] }, /network.aliases\[0\]/],
  ];
  for (const [network, message] of table)
    await t.rejects(createContainer({ rootfs: '/', network }), { message }, JSON.stringify(network));
  await t.rejects(createContainer({ rootfs: '/', hosts: { 'a\nb': '10.0.0.1' } }), { message: /hosts/ });
  await t.rejects(createContainer({ rootfs: '/', hosts: { a: '10.0.0.1 evil' } }), { message: /hosts/ });
});
