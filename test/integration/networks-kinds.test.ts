/** Networks with every kind of container: sandboxes, user namespaces, detached ones, several interfaces, joined ones. */
import { execFileSync } from 'node:child_process';
import { Container, createContainer, createNetwork, createSandbox } from 'cofferdam';
import { execa } from 'execa';
import { audited } from '../support/audit.ts';
import { freshNetwork, serve, serveText } from '../support/networks.ts';
import { eventually } from '../support/program.ts';
import { busybox } from '../support/rootfs.ts';

const rootfs = { lower: busybox() };
const SERVE = serveText(80, 'hello');
const ask = async (port: number): Promise<string> =>
  (await execa('busybox', ['nc', '-w', '5', '127.0.0.1', String(port)], { reject: false, stdin: 'ignore' })).stdout;
const elements = (): string | undefined =>
  /elements.*/.exec(execFileSync('nft', ['list', 'ruleset'], { encoding: 'utf8' }))?.[0];

audited('several interfaces, of which the first leads outside; a container that joins their namespace', async (t) => {
  const [inner, outer] = [
    await createNetwork({ name: freshNetwork(), internal: true }),
    await createNetwork({ name: freshNetwork() }),
  ];
  {
    await using box = await createContainer({
      rootfs,
      id: 'two-legs',
      network: [
        { bridge: inner.name },
        {
          bridge: outer.name,
          mac: '02:00:00:00:00:07',
          routes: [{ destination: '203.0.113.0/24', gateway: outer.gateway }],
        },
      ],
    });
    await box.start(['sleep', '60']);
    const { stdout } = await box.exec(['sh', '-c', 'ip addr; ip route']);
    t.match(stdout, new RegExp(`default via ${outer.gateway.replaceAll('.', '\\.')} dev eth1`));
    t.match(stdout, /203\.0\.113\.0\/24 via .* dev eth1/);
    t.match(stdout, /02:00:00:00:00:07/);
    t.equal((await box.ips()).length, 2);
    await using joined = await createContainer({ rootfs, network: 'container:two-legs' });
    t.match(await joined.run(['ip', 'addr']), { stdout: /02:00:00:00:00:07/ });
    await using stranger = await createContainer({ rootfs, network: 'container:nobody' });
    await t.rejects(stranger.run(['true']), { code: 'ERR_CONTAINER_STATE', message: /nobody/ });
  }
  await inner.remove();
  await outer.remove();
});

audited('a user namespace of its own', async (t) => {
  const network = await createNetwork({ name: freshNetwork() });
  {
    await using box = await createContainer({
      rootfs,
      userNamespace: 'auto',
      network: { bridge: network.name, publish: [{ host: 18110, container: 80 }] },
    });
    await serve(box, SERVE, 80);
    t.equal(await ask(18110), 'hello');
  }
  t.equal(elements(), undefined, 'its rule goes with it');
  await network.remove();
});

audited('a sandbox', async (t) => {
  const network = await createNetwork({ name: freshNetwork() });
  {
    await using sandbox = await createSandbox({
      network: { bridge: network.name, publish: [{ host: 18111, container: 80 }] },
    });
    await using box = await createContainer({ rootfs, sandbox });
    await serve(box, SERVE, 80);
    t.equal(await ask(18111), 'hello');
    await t.rejects(network.remove(), { code: 'ERR_NETWORK_IN_USE' });
  }
  t.equal(elements(), undefined, 'its rule goes with it');
  await network.remove();
});

audited(
  'a detached container: found by its name, started again with the same address, and gone without a trace',
  async (t) => {
    const network = await createNetwork({ name: freshNetwork() });
    const made = await createContainer({
      rootfs,
      name: 'net-detached',
      detached: true,
      restart: 'always',
      network: { bridge: network.name, publish: [{ host: 0, container: 80 }] },
    });
    try {
      await serve(made, SERVE, 80);
      const found = await Container.open('net-detached');
      const [before] = await found.ips({ timeout: 5000 });
      const port = found.published[0]?.host as number;
      t.equal(await ask(port), 'hello');
      const { pid } = found;
      process.kill(pid as number, 'SIGKILL');
      t.ok(await eventually(() => found.pid !== undefined && found.pid !== pid), 'its monitor starts it again');
      t.strictSame(await found.ips({ timeout: 5000 }), [before]);
      t.ok(
        await eventually(
          () =>
            execFileSync('sh', ['-c', `busybox nc -w 3 127.0.0.1 ${port} </dev/null || true`]).toString() === 'hello\n',
          20_000,
        ),
      );
    } finally {
      await made.remove();
    }
    t.equal(elements(), undefined, 'its rule goes with it');
    await network.remove();
  },
);
