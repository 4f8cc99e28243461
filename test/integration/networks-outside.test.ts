/** Networks as hosts outside see them, and what outside can be seen from within. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { createContainer, createNetwork } from 'cofferdam';
import { execa } from 'execa';
import { audited } from '../support/audit.ts';
import {
  freshNetwork,
  HOST,
  OUTSIDE,
  type OutsideHost,
  outsideHost,
  serve,
  serveDatagrams,
  servePeer,
} from '../support/networks.ts';
import { busybox } from '../support/rootfs.ts';

const rootfs = { lower: busybox() };

/** A test with a host beside this one. */
function withOutside(
  name: string,
  body: (t: Parameters<Parameters<typeof audited>[1]>[0], outside: OutsideHost) => Promise<void>,
) {
  audited(name, async (t) => {
    const outside = await outsideHost();
    try {
      await body(t, outside);
    } finally {
      await outside.end();
    }
  });
}

const ask = async (address: string, port: number, patience = 5): Promise<string> =>
  (await execa('busybox', ['nc', '-w', String(patience), address, String(port)], { reject: false, stdin: 'ignore' }))
    .stdout;

withOutside('CVE-2021-20199: a published port, from outside, with the address of whoever asks', async (t, outside) => {
  const network = await createNetwork({ name: freshNetwork() });
  {
    await using server = await createContainer({
      rootfs,
      network: { bridge: network.name },
      publish: [
        { host: 18090, container: 80 },
        { host: 18091, container: 80, address: HOST },
      ],
    });
    await serve(server, servePeer(80), 80);
    t.match(await outside.ask(HOST, 18090), `${OUTSIDE}:`);
    t.match(await outside.ask(HOST, 18091), `${OUTSIDE}:`);
    t.equal(await ask('127.0.0.1', 18091, 1), '', 'published on one address, not on another');
    await using datagrams = await createContainer({
      rootfs: 'host',
      network: { bridge: network.name, publish: [{ host: 0, container: 53, protocol: 'udp' }] },
    });
    await serve(datagrams, serveDatagrams(53), 53);
    const [udp] = datagrams.published;
    t.ok((udp?.host ?? 0) >= 49152, 'a port that was chosen');
    t.equal(await outside.askDatagram(HOST, udp?.host as number), `peer ${OUTSIDE}`);
    const [address = ''] = await server.ips();
    await outside.run(['ip', 'route', 'add', network.subnet, 'via', HOST]);
    t.equal(await outside.ask(address, 80, 1), '', 'not by the address of the container');
  }
  await network.remove();
});

withOutside('CVE-2025-54388: what is published on 127.0.0.1 is of the host alone', async (t, outside) => {
  const network = await createNetwork({ name: freshNetwork() });
  const secret = createServer((socket) => socket.end('secret\n')).listen(18093, '127.0.0.1');
  {
    await using server = await createContainer({
      rootfs,
      network: { bridge: network.name, publish: [{ host: 18092, container: 80, address: '127.0.0.1' }] },
    });
    await using neighbour = await createContainer({ rootfs, network: { bridge: network.name } });
    await serve(server, servePeer(80), 80);
    await neighbour.start(['sleep', '60']);
    const within = outside.inside(neighbour.pid as number);
    await outside.towardsLoopback(HOST);
    await within.towardsLoopback(network.gateway);
    const check = async (when: string) => {
      t.match(await ask('127.0.0.1', 18092), ':80', `from the host ${when}`);
      t.equal(await outside.ask(HOST, 18092, 1), '', `from outside ${when}`);
      t.equal(await outside.ask('127.0.0.1', 18092, 1), '', `sent to 127.0.0.1 from outside ${when}`);
      t.equal(await within.ask(network.gateway, 18092, 1), '', `from its network ${when}`);
      t.equal(await within.ask('127.0.0.1', 18092, 1), '', `sent to 127.0.0.1 through the bridge ${when}`);
      t.equal(await within.ask('127.0.0.1', 18093, 1), '', `CVE-2020-8558: others on the host's loopback ${when}`);
    };
    await check('at first');
    execFileSync('nft', ['add', 'table', 'inet', 'other']);
    execFileSync('nft', ['flush', 'table', 'inet', 'other']);
    execFileSync('nft', ['delete', 'table', 'inet', 'other']);
    t.match(await ask('127.0.0.1', 18092), ':80', "after another's table was flushed");
    execFileSync('nft', ['flush', 'ruleset']);
    t.equal(await ask('127.0.0.1', 18092, 1), '', 'after everything was flushed');
    await network.reconcile();
    await check('after reconcile()');
  }
  secret.close();
  await network.remove();
});

withOutside('a way out: the host speaks for its containers', async (t, outside) => {
  const network = await createNetwork({ name: freshNetwork() });
  const server = await outside.serve(servePeer(18094), 18094);
  {
    await using box = await createContainer({ rootfs, network: { bridge: network.name } });
    const { stdout } = await box.run(['nc', '-w', '3', OUTSIDE, '18094']);
    t.match(stdout, `${HOST}:`);
  }
  await server.end();
  await network.remove();
});

withOutside(
  'CVE-2024-29018: an internal network leads nowhere, by no protocol, also not to the host',
  async (t, outside) => {
    const network = await createNetwork({ name: freshNetwork(), internal: true });
    const servers = [await outside.serve(servePeer(18095), 18095), await outside.serve(serveDatagrams(53), 53)];
    const onHost = createServer((socket) => socket.end('host\n')).listen(18096, '0.0.0.0');
    {
      await using a = await createContainer({ rootfs, network: { bridge: network.name } });
      await using b = await createContainer({ rootfs, network: { bridge: network.name } });
      await serve(a, servePeer(80), 80);
      await b.start(['sleep', '60']);
      t.notMatch((await b.exec(['ip', 'route'])).stdout, /default/, 'no default route');
      const within = outside.inside(b.pid as number);
      // Whoever may change routes in it is stopped all the same.
      await within.run(['ip', 'route', 'add', 'default', 'via', network.gateway]);
      t.match(await within.ask((await a.ips())[0] as string, 80), ':80', 'its own containers');
      t.equal(await within.ask(OUTSIDE, 18095, 1), '', 'outside');
      t.equal(await within.askDatagram(OUTSIDE, 53), '', 'a resolver outside');
      t.equal(await within.ask(HOST, 18096, 1), '', 'the host by its other address');
      t.equal(await within.ask(network.gateway, 18096, 1), '', 'the host by the gateway');
      await outside.run(['ip', 'route', 'add', network.subnet, 'via', HOST]);
      t.equal(await outside.ask((await a.ips())[0] as string, 80, 1), '', 'from outside');
      await using c = await createContainer({
        rootfs,
        network: { bridge: network.name },
        publish: [{ container: 80 }],
      });
      await t.rejects(c.run(['true']), { code: 'ERR_INVALID_OPTION_VALUE', message: /internal/ });
    }
    onHost.close();
    for (const server of servers) await server.end();
    await network.remove();
  },
);

withOutside(
  'IPv6: addresses, published ports, and none of it where it is not asked for (CVE-2024-32473)',
  async (t, outside) => {
    await outside.addIPv6();
    const network = await createNetwork({ name: freshNetwork(), ipv6: 'fd00:79::/64' });
    const plain = await createNetwork({ name: freshNetwork() });
    const off = (name: string) => readFileSync(`/proc/sys/net/ipv6/conf/${name}/disable_ipv6`, 'utf8').trim();
    t.equal(off(plain.name), '1');
    t.equal(off(network.name), '0');
    {
      await using server = await createContainer({
        rootfs,
        network: { bridge: network.name },
        publish: [{ host: 18097, container: 80 }],
      });
      await serve(server, servePeer(80), 80);
      const [four, six] = await server.ips();
      t.match(four, /^10\./);
      t.equal(six, 'fd00:79::2');
      t.match(await outside.ask('fd00:98::1', 18097), 'fd00:98::2');
      t.match(await outside.ask(HOST, 18097), OUTSIDE);
      await using neighbour = await createContainer({ rootfs, network: { bridge: network.name } });
      t.match(await neighbour.run(['nc', '-w', '3', 'fd00:79::2', '80']), { stdout: /fd00:79::3/ });
      await using other = await createContainer({ rootfs, network: { bridge: plain.name } });
      t.notMatch(await other.run(['ip', '-6', 'addr', 'show', 'eth0']), { stdout: /inet6/ });
    }
    await network.remove();
    await plain.remove();
  },
);
