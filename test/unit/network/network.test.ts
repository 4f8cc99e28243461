import { isIP } from 'node:net';
import t from 'tap';
import { parseAddress, parseCidr } from '../../../lib/network/address.ts';
import { hostInterface, networkOperations } from '../../../lib/network/veth.ts';
import { network as normalize, parsePrefix } from '../../../lib/options/network.ts';
import type { NormalizedInterface } from '../../../lib/options/normalized.ts';
import { randomName } from '../../../lib/program/names.ts';
import { SlotTable } from '../../../lib/program/slots.ts';
import { argsOf } from '../support/operations.ts';
import { seeded } from '../support/random.ts';

t.test('addresses as bytes', (t) => {
  const bytes = (text: string) => Buffer.from(parseAddress(text) ?? []).toString('hex');
  t.equal(bytes('10.0.0.1'), '0a000001');
  t.equal(bytes('::'), '0'.repeat(32));
  t.equal(bytes('::1'), `${'0'.repeat(31)}1`);
  t.equal(bytes('fd00::2:0'), `fd00${'0'.repeat(20)}00020000`);
  t.equal(bytes('1:2:3:4:5:6:7:8'), '00010002000300040005000600070008');
  t.equal(bytes('::ffff:1.2.3.4'), '00000000000000000000ffff01020304');
  t.equal(bytes('1::'), `0001${'0'.repeat(28)}`);
  for (const bad of ['', '1.2.3', '256.1.1.1', '01.2.3.4', 'fe80::1%eth0', 'x', '1::2::3', ' 1.2.3.4'])
    t.equal(parseAddress(bad), undefined, bad);
  t.end();
});

t.test('any IPv6 address comes back as it was', (t) => {
  for (let seed = 1; seed <= 2000; seed++) {
    const random = seeded(seed);
    const groups = Array.from({ length: 8 }, () => (random.below(3) === 0 ? random.below(65536) : 0));
    const text = groups.map((group) => group.toString(16)).join(':');
    const short = text.replace(/(^|:)0(:0)+(:|$)/, '::');
    if (!isIP(short)) continue;
    const bytes = Buffer.from(parseAddress(short) ?? []);
    const back = Array.from({ length: 8 }, (_, i) => (bytes.length === 16 ? bytes.readUInt16BE(i * 2) : -1));
    if (JSON.stringify(back) !== JSON.stringify(groups)) t.fail(`seed ${seed}: ${short}`);
  }
  t.end();
});

t.test('what the options take, the operations understand', (t) => {
  for (const text of [
    '10.0.0.1/24',
    '0.0.0.0/0',
    'fd00::1/64',
    '::/128',
    '10.0.0.1/33',
    '10.0.0.1/024',
    'x/1',
    '1.2.3.4/',
    '1.2.3.4/8/8',
  ]) {
    const prefix = parsePrefix(text);
    if (prefix)
      t.match(parseCidr(text), { prefix: prefix.length, bytes: { length: prefix.family === 'ipv4' ? 4 : 16 } }, text);
  }
  t.end();
});

t.test("names of the host's ends", (t) => {
  const names = new Set(Array.from({ length: 5000 }, () => hostInterface({ id: 'x', nonce: randomName() })));
  t.equal(names.size, 5000);
  for (const name of names) if (!/^[a-z0-9]{1,15}$/.test(name)) t.fail(name);
  t.end();
});

const veth = normalize(
  { interface: 'eth1', address: '10.0.0.1/24', gateway: '10.0.0.254', bridge: 'br0', mtu: 1400 },
  'network',
) as readonly NormalizedInterface[];
const LAUNCH = { id: 'box', nonce: '0123456789ab' };
const names = (operations: readonly { name: string }[]) => operations.map(({ name }) => name);

t.test('loopback alone', (t) => {
  const { before, after } = networkOperations([], new SlotTable(), 'child', LAUNCH);
  t.strictSame(before, []);
  t.strictSame(names(after), ['netlinkOpen', 'linkSetUp', 'close']);
  t.match(after[1]?.args, { name: 'lo' });
  t.end();
});

t.test('a veth pair, by one process', (t) => {
  const { before, after } = networkOperations(veth, new SlotTable(), 'child', LAUNCH);
  t.strictSame(names(before), ['netlinkOpen'], "opened while the host's namespace is the process's own");
  const work = after.filter(({ name }) => name !== 'close');
  t.strictSame(names(work), [
    'write',
    'open',
    'vethCreate',
    'netlinkOpen',
    'linkSetUp',
    'netlinkHold',
    'addressAdd',
    'linkSetUp',
    'routeAdd',
    'netlinkFlush',
  ]);
  const [acceptRa, namespace, create, socket, , , address, , route] = work.map(argsOf);
  t.match(acceptRa, { path: /accept_ra$/ }, 'before the link is there');
  t.match(create, {
    socket: argsOf(before[0]).into,
    namespace: namespace?.into,
    name: 'cfd0123456789ab',
    peer: 'eth1',
    master: 'br0',
    mtu: 1400,
  });
  t.match(address, { socket: socket?.into, name: 'eth1', prefix: 24 });
  t.strictSame(Array.from(Buffer.from(address?.address as string, 'latin1')), [10, 0, 0, 1]);
  t.strictSame(Array.from(Buffer.from(route?.gateway as string, 'latin1')), [10, 0, 0, 254]);
  t.end();
});

t.test("with a user namespace the host's side makes it", (t) => {
  const { before, after } = networkOperations(veth, new SlotTable(), 'host', LAUNCH);
  t.ok(before.every(({ actor }) => actor === 'host'));
  t.match(
    after.find(({ name }) => name === 'openNamespace'),
    { actor: 'host', args: { name: 'net' } },
  );
  t.equal(after.find(({ name }) => name === 'vethCreate')?.actor, 'host');
  t.equal(after.find(({ name }) => name === 'addressAdd')?.actor, 'child');
  t.end();
});
