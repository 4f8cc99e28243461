/** Subnets, firewall documents, ports on record: as data. */
import t from 'tap';
import { addElements, deleteElements, type Element, tableDocument } from '../../../lib/network/nft.ts';
import { parseHeld } from '../../../lib/network/publish.ts';
import type { NetworkRecord } from '../../../lib/network/record.ts';
import { formatAddress, Subnet } from '../../../lib/network/subnet.ts';
import { normalizeNetworkOptions } from '../../../lib/options/networks.ts';

const subnet = (text: string): Subnet => Subnet.parse(text) as Subnet;

t.test('subnets', (t) => {
  t.equal(String(subnet('10.4.0.77/24')), '10.4.0.0/24', 'bits beyond the prefix count as 0');
  t.equal(subnet('10.4.0.0/22').size, 1024n);
  t.equal(subnet('10.4.0.0/22').at(300), '10.4.1.44');
  t.equal(subnet('10.4.0.0/22').offsetOf('10.4.1.44'), 300n);
  t.equal(subnet('10.4.0.0/22').offsetOf('10.4.4.0'), undefined);
  t.equal(subnet('10.4.0.0/22').offsetOf('fd00::1'), undefined);
  t.equal(subnet('fd00:4::/64').at(2), 'fd00:4::2');
  t.equal(Subnet.parse('10.4.0.0'), undefined, 'a prefix length is needed');
  t.equal(Subnet.parse('10.4.0.0/33'), undefined);
  t.end();
});

t.test('overlaps, either way round', (t) => {
  const cases: [string, string, boolean][] = [
    ['10.4.0.0/24', '10.4.0.128/25', true],
    ['10.4.0.0/24', '10.4.1.0/24', false],
    ['10.0.0.0/8', '10.255.255.255/32', true],
    ['fd00::/8', 'fd00:4::/64', true],
    ['fd00::/64', '10.0.0.0/8', false],
  ];
  for (const [one, other, expected] of cases) {
    t.equal(subnet(one).overlaps(subnet(other)), expected, `${one} ${other}`);
    t.equal(subnet(other).overlaps(subnet(one)), expected, `${other} ${one}`);
  }
  t.end();
});

t.test('IPv6 addresses as they are written', (t) => {
  const text = (hex: string) => formatAddress(Uint8Array.from(Buffer.from(hex, 'hex')));
  t.equal(text('0'.repeat(32)), '::');
  t.equal(text(`${'0'.repeat(31)}1`), '::1');
  t.equal(text('20010db8000000000001000000000001'), '2001:db8::1:0:0:1', 'the first of equal runs');
  t.equal(text('00010002000300040005000600070008'), '1:2:3:4:5:6:7:8');
  t.end();
});

const record = (more: Partial<NetworkRecord> = {}): NetworkRecord => ({
  version: 1,
  name: 'lab',
  subnet: '10.4.0.0/24',
  gateway: '10.4.0.1',
  internal: false,
  mac: '020000000001',
  default: false,
  created: '2026-01-01T00:00:00.000Z',
  ...more,
});

t.test('the table of a network', (t) => {
  const plain = tableDocument(record());
  t.match(plain, /^add table inet cofferdam-lab\ndelete table inet cofferdam-lab\ntable inet cofferdam-lab \{/);
  t.match(plain, /ip saddr 10\.4\.0\.0\/24 oifname != "lab" masquerade/);
  t.match(plain, /iifname "lab" meta nfproto ipv6 drop/, 'no IPv6 where none was asked for');
  t.match(plain, /iifname "lab" ip daddr 127\.0\.0\.0\/8 drop/);
  t.notMatch(plain, /hook input/);
  t.match(
    tableDocument(record({ subnet6: 'fd00:4::/64', gateway6: 'fd00:4::1' })),
    /ip6 saddr fd00:4::\/64 oifname != "lab" masquerade/,
  );
  const internal = tableDocument(record({ internal: true }));
  t.notMatch(internal, /oifname != "lab" masquerade/);
  t.notMatch(internal, /ct status dnat accept/, 'no way in either');
  t.match(internal, /hook input.*ip daddr 10\.4\.0\.1 .*dport 53 accept.*iifname "lab" drop/s);
  t.end();
});

const element: Element = {
  network: 'lab',
  protocol: 'tcp',
  port: '8080',
  address: undefined,
  target: '10.4.0.2',
  targetPort: '80',
  family: 4,
};

t.test('elements are added whole and deleted by their keys', (t) => {
  t.equal(addElements([element]), 'add element inet cofferdam-lab any4 { tcp . 8080 : 10.4.0.2 . 80 }\n');
  t.equal(deleteElements([element]), 'delete element inet cofferdam-lab any4 { tcp . 8080 }\n');
  t.equal(
    deleteElements([{ ...element, address: '127.0.0.1' }]),
    'delete element inet cofferdam-lab at4 { 127.0.0.1 . tcp . 8080 }\n',
  );
  t.match(addElements([{ ...element, family: 6, target: 'fd00:4::2' }]), /any6 \{ tcp \. 8080 : fd00:4::2 \. 80 \}/);
  t.end();
});

t.test('a port on record says its elements', (t) => {
  t.strictSame(parseHeld('tcp-8080-*', 'web 0123 lab 80 10.4.0.2'), { holder: 'web', elements: [element] });
  t.match(parseHeld('udp-53-::1', 'web 0123 lab 53 fd00:4::2'), { elements: [{ address: '::1', family: 6 }] });
  t.equal(parseHeld('something', 'else'), undefined);
  t.end();
});

t.test('what createNetwork() takes', (t) => {
  t.match(normalizeNetworkOptions({ name: 'lab' }), { name: 'lab', subnet: undefined, internal: false, ipv6: false });
  const bad: [object, RegExp][] = [
    [{}, /'name' must be the name of the network/],
    [{ name: 'x'.repeat(16) }, /at most 15 characters/],
    [{ name: '../x' }, /must consist of/],
    [{ name: 'cofferdam0' }, /default network/],
    [{ name: 'lo' }, /the kernel uses/],
    [{ name: '__proto__' }, /JavaScript uses/],
    [{ name: 'x', subnet: '10.4.0.0' }, /of the form/],
    [{ name: 'x', subnet: '10.4.0.0/31' }, /8 to 30 bits/],
    [{ name: 'x', subnet: 'fd00::/64' }, /must be of IPv4/],
    [{ name: 'x', gateway: '10.4.0.1' }, /needs subnet/],
    [{ name: 'x', subnet: '10.4.0.0/24', gateway: '10.5.0.1' }, /within subnet/],
    [{ name: 'x', ipv6: '10.4.0.0/24' }, /must be of IPv6/],
    [{ name: 'x', ipv6: true, mtu: 1000 }, /at least 1280/],
  ];
  for (const [options, message] of bad) t.throws(() => normalizeNetworkOptions(options), { message }, String(message));
  t.end();
});
