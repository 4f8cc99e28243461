/** A network namespace of its own. */
import { readdirSync } from 'node:fs';
import { createContainer } from 'cofferdam';
import { execa } from 'execa';
import { audited } from '../support/audit.ts';
import { busybox } from '../support/rootfs.ts';

const rootfs = { lower: busybox() };

audited('a veth pair: name, address, peer on the host', async (t) => {
  await using box = await createContainer({
    rootfs,
    network: { interface: 'eth1', address: '10.77.0.1/24', gateway: '10.77.0.254', mtu: 1400 },
  });
  const before = readdirSync('/sys/class/net').length;
  await box.start(['sleep', '60']);
  t.equal(readdirSync('/sys/class/net').length, before + 1);
  const { stdout } = await box.exec(['sh', '-c', 'ip addr show eth1; ip route; ip link show lo']);
  t.match(stdout, /eth1@.*mtu 1400/);
  t.match(stdout, /inet 10\.77\.0\.1\/24/);
  t.match(stdout, /default via 10\.77\.0\.254 dev eth1/);
  t.match(stdout, /lo: <LOOPBACK,UP/);
});

audited('IPv6', async (t) => {
  await using box = await createContainer({ rootfs, network: { address: 'fd00:77::1/64' } });
  t.match(await box.run(['ip', '-6', 'addr', 'show', 'eth0']), { stdout: /fd00:77::1\/64/ });
});

audited('a bridge on the host', async (t) => {
  const bridge = `cfdt${process.pid}`.slice(0, 15);
  await execa('ip', ['link', 'add', bridge, 'type', 'bridge']);
  try {
    await execa('ip', ['link', 'set', bridge, 'up']);
    await using a = await createContainer({ rootfs, network: { bridge, address: '10.78.0.1/24' } });
    await using b = await createContainer({ rootfs, network: { bridge, address: '10.78.0.2/24' } });
    await a.start(['sleep', '60']);
    t.match(await b.run(['ping', '-c', '1', '-W', '2', '10.78.0.1']), { exitCode: 0 });
    await using c = await createContainer({ rootfs, network: { bridge: 'no-such-bridge', address: '10.78.0.3/24' } });
    await t.rejects(c.run(['true']), { code: 'ENODEV', message: /bridge/ });
  } finally {
    await execa('ip', ['link', 'del', bridge]);
  }
});

audited('two containers with the same interface name and prefix-colliding ids', async (t) => {
  await using a = await createContainer({ rootfs, id: 'web', network: { interface: 'eth1' } });
  await using b = await createContainer({ rootfs, id: 'web1', network: { interface: 'eth1' } });
  await a.start(['sleep', '60']);
  await b.start(['sleep', '60']);
  await a.remove();
  t.match(await b.exec(['ip', 'link', 'show', 'eth1']), { exitCode: 0 });
});
