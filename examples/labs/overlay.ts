#!/usr/bin/env -S npx tsx
/**
 * A network that crosses hosts, by hand: three containers play the hosts, each command is shown and then run in one of them.
 * `createNetwork({ peers, vni, local })` does the same for real hosts.
 */
import { type Container, createContainer, createNetwork } from 'cofferdam';
import { type Cleanup, withCleanup } from '../shared/cleanup.ts';
import { command, main, run, style, UsageError } from '../shared/command-line.ts';
import { VERSION } from '../shared/package.ts';
import { requireRoot } from '../shared/privileges.ts';

const OVERLAY = command({
  name: 'lab:overlay',
  summary: 'a VXLAN network across three hosts, by hand',
  description: [
    'Three containers play hosts that reach each other on an ordinary network. On each of them an interface of type vxlan puts Ethernet frames into UDP packets to the other two; what is on top of it is a network of its own. Each command is shown, and run. Needs root.',
  ],
  options: {},
  statuses: [['1', 'two of the hosts do not reach each other']],
  examples: [['npm run lab:overlay', 'all of it']],
});

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const { bold, dim } = style(process.stdout);

/** A host: its name, the container that plays it, and its address on the ordinary network. */
interface Host {
  name: string;
  container: Container;
  address: string;
  /** On the network that crosses hosts. */
  inner: string;
}

/** Shows a command and what it says. Resolves with its exit status. */
async function typed({ name, container }: Host, line: string): Promise<number> {
  print(`${bold(`${name}#`)} ${bold(line)}`);
  const { stdout, stderr, exitCode } = await container.exec(['sh', '-c', line], {
    capabilities: { add: ['NET_ADMIN', 'NET_RAW'] },
  });
  for (const said of `${stdout}${stderr}`.split('\n').filter((each) => each.trim() !== '')) print(dim(`  ${said}`));
  return exitCode ?? 1;
}

async function hostsOf({ use }: Cleanup): Promise<Host[]> {
  const wire = use(await createNetwork({ name: `lab-ovl-${process.pid % 10_000}`, internal: true }));
  const hosts: Host[] = [];
  for (const number of [1, 2, 3]) {
    const name = `host${number}`;
    const container = use(await createContainer({ rootfs: 'host', hostname: name, network: { bridge: wire.name } }));
    await container.start(['sleep', 'infinity']);
    const [address = ''] = await container.ips();
    hosts.push({ name, container, address, inner: `192.168.42.${number}` });
  }
  return hosts;
}

const title = (text: string): void => print(`\n${text}`);

async function show(cleanup: Cleanup): Promise<number> {
  const hosts = await hostsOf(cleanup);
  const [first, , third] = hosts as [Host, Host, Host];
  title('The ordinary network: what the hosts have to start with.');
  for (const host of hosts) await typed(host, 'ip -brief -4 address show eth0');
  title('1. On each host a tunnel with the same number, 42. Its packets come from the host itself, to port 4789.');
  for (const host of hosts)
    await typed(host, `ip link add vxlan42 type vxlan id 42 local ${host.address} dstport 4789 dev eth0`);
  title('2. Whom it leads to. The MAC of zeros stands for all that is not known yet: such frames go to each peer.');
  for (const host of hosts)
    for (const peer of hosts.filter((other) => other !== host))
      await typed(host, `bridge fdb append 00:00:00:00:00:00 dev vxlan42 dst ${peer.address}`);
  title('3. An address on it, and up. (With containers on the host, a bridge would come in between.)');
  for (const host of hosts) await typed(host, `ip address add ${host.inner}/24 dev vxlan42 && ip link set vxlan42 up`);
  title('4. Everybody reaches everybody.');
  let failures = 0;
  for (const host of hosts)
    for (const peer of hosts.filter((other) => other !== host))
      if ((await typed(host, `ping -c 1 -W 3 ${peer.inner} | grep received`)) !== 0) failures++;
  title('5. What was learned on the way: behind which host each MAC is.');
  await typed(first, 'bridge fdb show dev vxlan42');
  title(
    '6. 50 bytes of each packet are the tunnel: of 1500, 1450 are left, and 1422 without the headers of IP and ICMP.',
  );
  await typed(first, 'ip -oneline link show vxlan42 | grep -o "mtu [0-9]*"');
  if ((await typed(first, `ping -c 1 -W 3 -M do -s 1422 ${third.inner} | grep received`)) !== 0) failures++;
  await typed(first, `ping -c 1 -W 1 -M do -s 1423 ${third.inner} 2>&1 | grep -i -e 'too long' -e received`);
  title(failures === 0 ? 'All of them reach each other.' : `${failures} of them did not reach each other.`);
  return failures === 0 ? 0 : 1;
}

await main(
  run(OVERLAY, VERSION, process.argv.slice(2), async ({ rest }) => {
    if (rest.length > 0) throw new UsageError(`'${rest[0]}' means nothing here`);
    requireRoot('lab:overlay');
    return withCleanup(show);
  }),
);
