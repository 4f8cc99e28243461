/** What a hostile process does with packets to who shares a link with it, and with links that are removed by their names. */
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createContainer, listLinks } from 'cofferdam';
import { execa } from 'execa';
import { hostileRoot } from '../support/attacker.ts';
import { audited } from '../support/audit.ts';
import { freshNetwork } from '../support/networks.ts';
import { line, nodeInNetwork } from '../support/program.ts';

const root = hostileRoot();
const rootfs = { lower: root };

/**
 * Who takes a router advertisement of a container: the host as the other end of its link, the host as its network's
 * bridge, a neighbour. In a network namespace of its own, where the kernel's defaults are: accept_ra 1, forwarding 0.
 */
const ADVERTISED = (network: string) => `
  import { readFileSync, writeFileSync } from 'node:fs';
  import { createContainer, createNetwork } from 'cofferdam';
  const rootfs = ${JSON.stringify(rootfs)};
  const files = { addresses: '/proc/net/if_inet6', counters: '/proc/net/snmp6' };
  const here = () => readFileSync(files.addresses, 'utf8') + readFileSync(files.counters, 'utf8');
  const inside = (box) => async () => (await box.exec(['cat', files.addresses, files.counters])).stdout;
  const heard = (text) => Number(/Icmp6InRouterAdvertisements\\s+(\\d+)/.exec(text)?.[1]);
  // The first of three is dealt with when the third has been counted.
  async function attack(box, look) {
    const before = heard(await look());
    const { exitCode } = await box.exec(['attacker', 'advertise', 'eth0']);
    if (exitCode !== 0) return 'not sent';
    for (const end = Date.now() + 20000; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 10))) {
      const text = await look();
      if (heard(text) >= before + 3) return /^20010db80bad/m.test(text) ? 'taken' : 'left';
    }
    return 'not heard';
  }
  const results = {};
  for (const [name, options] of Object.entries({ 'other end': {}, 'with a user namespace': { userNamespace: 'auto' } })) {
    const alone = await createContainer({ rootfs, ...options, network: { hostInterface: 'cfra0', address: '10.81.0.2/24' } });
    await alone.start(['attacker', 'sleep']);
    results[name] = await attack(alone, here);
    writeFileSync('/proc/sys/net/ipv6/conf/cfra0/accept_ra', '1');
    results[name + ' that listens'] = await attack(alone, here);
    await alone.remove();
  }
  const network = await createNetwork({ name: ${JSON.stringify(network)}, ipv6: true, internal: true });
  const boxes = [0, 1].map(() => createContainer({ rootfs, network: { bridge: network.name } }));
  const [attacker, neighbour] = await Promise.all(boxes);
  await attacker.start(['attacker', 'sleep']);
  await neighbour.start(['attacker', 'sleep']);
  results.neighbour = await attack(attacker, inside(neighbour));
  results.bridge = await attack(attacker, here);
  writeFileSync('/proc/sys/net/ipv6/conf/' + network.name + '/accept_ra', '1');
  results['bridge that listens'] = await attack(attacker, here);
  await Promise.all([attacker.remove(), neighbour.remove()]);
  await network.remove();
  console.log(JSON.stringify(results));
`;

audited(
  'CVE-2020-13401: no container becomes the router of the host, nor of its neighbours',
  async (t) => {
    const child = nodeInNetwork(ADVERTISED(freshNetwork()));
    const gone = once(child, 'exit');
    t.strictSame(JSON.parse(await line(child)), {
      'other end': 'left',
      'other end that listens': 'taken',
      'with a user namespace': 'left',
      'with a user namespace that listens': 'taken',
      neighbour: 'left',
      bridge: 'left',
      'bridge that listens': 'taken',
    });
    await gone;
  },
  !existsSync('/proc/net/if_inet6') && 'this kernel has no IPv6',
);

audited('CVE-2026-39402: what is removed is the container its own link, however alike the names are', async (t) => {
  const links = async () => new Set((await listLinks()).map(({ name }) => name));
  const start = async (id: string) => {
    const box = await createContainer({ rootfs, id, network: { interface: 'eth1' } });
    const others = await links();
    await box.start(['attacker', 'sleep']);
    return { box, link: [...(await links())].find((name) => !others.has(name)) as string };
  };
  const ids = [
    'web',
    'web1',
    'web12',
    'web-of-a-name-that-is-longer-than-links-may-be',
    'web-of-a-name-that-is-longer',
  ];
  const boxes = [];
  for (const id of ids) boxes.push(await start(id));
  t.equal(new Set(boxes.map(({ link }) => link)).size, ids.length);
  const [removed, ...others] = boxes;
  const { link } = removed as (typeof boxes)[number];
  await removed?.box.kill('SIGKILL');
  await removed?.box.exited;
  // Somebody takes the name that the container's link had, before the container is removed.
  await execa('ip', ['link', 'del', link], { reject: false });
  await execa('ip', ['link', 'add', link, 'type', 'bridge']);
  try {
    await removed?.box.remove();
    const now = await links();
    t.ok(now.has(link), "another's link of the same name stays");
    for (const other of others) {
      t.ok(now.has(other.link), other.link);
      t.match(await other.box.exec(['ip', 'link', 'show', 'eth1']), { exitCode: 0 });
    }
  } finally {
    await execa('ip', ['link', 'del', link]);
    await Promise.all(boxes.map(({ box }) => box.remove()));
  }
});
