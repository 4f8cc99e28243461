/**
 * A network that crosses hosts. Three network namespaces are the hosts, each with a program and a state directory of its own,
 * on one wire.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { createNetwork } from 'cofferdam';
import { execa } from 'execa';
import t from 'tap';
import { audited } from '../support/audit.ts';
import { busybox, temporary } from '../support/rootfs.ts';

const ip = (...words: string[]) => execa('ip', words);
const HOSTS = [1, 2, 3] as const;
const addressOf = (host: number): string => `10.86.0.${host}`;
const OVERLAY = { subnet: '10.87.0.0/24', vni: 87 };

/** What a host does: makes the network and a container, and then what it is told, a line of JSON each. */
const PROGRAM = `
import { createInterface } from 'node:readline';
import { createContainer, createNetwork } from 'cofferdam';
const [number, options] = JSON.parse(process.argv[1]);
const say = (value) => process.stdout.write(JSON.stringify(value) + '\\n');
let network, box;
const works = {
  async begin() {
    network = await createNetwork(options);
    box = await createContainer({
      rootfs: { lower: process.argv[2] },
      hostname: 'box' + number,
      network: { bridge: network.name },
    });
    await box.start(['sleep', '120']);
    return { addresses: await box.ips(), info: await network.inspect() };
  },
  exec: (command) => box.exec(command),
  async end() {
    await box.remove();
    await network.remove();
  },
};
for await (const line of createInterface({ input: process.stdin })) {
  const { work, argument } = JSON.parse(line);
  try {
    say({ result: (await works[work](argument)) ?? null });
  } catch (error) {
    say({ error: String(error.message) });
  }
}
`;

class Host {
  readonly child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(number: number, name: string, root: string) {
    const peers = HOSTS.filter((other) => other !== number).map(addressOf);
    const options = { name, ...OVERLAY, local: addressOf(number), peers };
    this.child = spawn(
      'unshare',
      ['-n', process.execPath, '--input-type=module', '--eval', PROGRAM, JSON.stringify([number, options]), root],
      {
        stdio: ['pipe', 'pipe', 'inherit'],
        env: { ...process.env, COFFERDAM_ROOT: temporary(`host${number}`) },
        cwd: new URL('../..', import.meta.url),
      },
    );
    this.#lines = createInterface({ input: this.child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]();
  }

  // biome-ignore lint/suspicious/noExplicitAny: whatever the program says
  async tell(work: string, argument?: unknown): Promise<any> {
    this.child.stdin?.write(`${JSON.stringify({ work, argument })}\n`);
    const { value } = await this.#lines.next();
    const { result, error } = JSON.parse(value as string);
    if (error !== undefined) throw new Error(error);
    return result;
  }

  /** No more orders. */
  async gone(): Promise<void> {
    const exit = once(this.child, 'exit');
    this.child.stdin?.end();
    await exit;
  }
}

/** Connects a host's namespace to the wire. */
async function plugIn(host: Host, number: number, wire: string): Promise<void> {
  const pid = String(host.child.pid);
  const plug = `${wire}p${number}`;
  // `unshare` has become Node by then, or is about to: its namespace is the one that counts.
  for (let tried = 0; ; tried++) {
    const { stdout } = await execa('readlink', [`/proc/${pid}/ns/net`, '/proc/self/ns/net'], { reject: false });
    const [there, here] = stdout.split('\n');
    if (there !== here) break;
    if (tried === 500) throw new Error('the host does not come up');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  await ip('link', 'add', plug, 'master', wire, 'up', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', pid);
  const inside = (...words: string[]) => execa('nsenter', ['-t', pid, '-n', 'ip', ...words]);
  await inside('link', 'set', 'lo', 'up');
  await inside('addr', 'add', `${addressOf(number)}/24`, 'dev', 'eth0');
  await inside('link', 'set', 'eth0', 'up');
}

const { exitCode, stderr } = await execa(
  'ip',
  ['link', 'add', 'cfvtry', 'type', 'vxlan', 'id', '7', 'dstport', '4789'],
  {
    reject: false,
  },
);
if (exitCode === 0) await ip('link', 'del', 'cfvtry');

audited(
  'containers on three hosts reach each other by address and by name',
  async (t) => {
    const wire = `cfw${process.pid % 100_000}`;
    const name = `ov${process.pid % 100_000}`;
    const root = busybox();
    await ip('link', 'add', wire, 'up', 'type', 'bridge');
    const hosts = HOSTS.map((number) => new Host(number, name, root));
    try {
      await Promise.all(hosts.map((host, index) => plugIn(host, index + 1, wire)));
      const begun = await Promise.all(hosts.map((host) => host.tell('begin')));
      const addresses = begun.map(({ addresses: [address] }) => address as string);
      t.equal(new Set(addresses).size, 3, `each has its own: ${addresses}`);
      t.strictSame(
        begun.map(({ info }) => info.gateway),
        ['10.87.0.1', '10.87.0.85', '10.87.0.170'],
        'each host has a part of the subnet',
      );
      t.strictSame(
        begun.map(({ info }) => info.mtu),
        [1450, 1450, 1450],
        'what fits into the tunnel',
      );
      for (const [index, host] of hosts.entries())
        for (const other of [0, 1, 2].filter((each) => each !== index)) {
          const byAddress = await host.tell('exec', ['ping', '-c', '1', '-W', '3', addresses[other]]);
          t.equal(byAddress.exitCode, 0, `${index + 1} to ${other + 1}: ${byAddress.stdout}`);
          const byName = await host.tell('exec', ['ping', '-c', '1', '-W', '3', `box${other + 1}`]);
          t.equal(byName.exitCode, 0, `by name: ${byName.stdout}${byName.stderr}`);
        }
      const [first] = hosts;
      const largest = await first?.tell('exec', ['ping', '-c', '1', '-W', '3', '-s', '1422', addresses[2]]);
      t.equal(largest.exitCode, 0, 'a packet of the full MTU');
      t.match(await first?.tell('exec', ['nslookup', addresses[1]]), { stdout: /name = box2/ });
      t.match(await first?.tell('exec', ['nslookup', 'nobody']), { stdout: /NXDOMAIN/ });
      await Promise.all(hosts.map((host) => host.tell('end')));
      await Promise.all(hosts.map((host) => host.gone()));
    } finally {
      for (const { child } of hosts) child.kill('SIGKILL');
      await ip('link', 'del', wire);
    }
  },
  exitCode === 0 ? false : `this machine cannot make a vxlan: ${stderr}`,
);

t.test('options that cannot be', async (t) => {
  const good = { name: 'ov', subnet: '10.87.0.0/24', vni: 1, local: '127.0.0.1', peers: ['127.0.0.2'] };
  const table: readonly (readonly [object, RegExp])[] = [
    [{ ...good, vni: undefined }, /option 'vni'/],
    [{ ...good, local: undefined }, /option 'local'/],
    [{ ...good, peers: undefined }, /option 'peers'/],
    [{ ...good, peers: ['fd00::1'] }, /family of local/],
    [{ ...good, gateway: '10.87.0.9' }, /option 'gateway' cannot be chosen/],
    [{ ...good, vni: 0 }, /option 'vni'/],
  ];
  for (const [options, message] of table)
    await t.rejects(createNetwork(options as typeof good), { message }, JSON.stringify(options));
});
