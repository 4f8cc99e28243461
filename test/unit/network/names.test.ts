/** What the files of a container's network say, and who has which part of a network across hosts. */
import t from 'tap';
import { textsOf } from '../../../lib/network/files.ts';
import { partOf, peerGateways } from '../../../lib/network/overlay.ts';
import type { NetworkRecord } from '../../../lib/network/record.ts';
import { Subnet } from '../../../lib/network/subnet.ts';

t.test('files', async (t) => {
  const texts = textsOf({
    hostname: 'box',
    addresses: ['10.0.0.2', 'fd00::2'],
    aliases: ['crate'],
    hosts: { db: '10.1.1.1' },
    resolver: { servers: ['10.0.0.1'], search: ['lan', 'example.com'], options: [] },
  });
  t.equal(
    texts['/etc/hosts'],
    '127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n10.0.0.2 box crate\nfd00::2 box crate\n10.1.1.1 db\n',
  );
  t.equal(texts['/etc/hostname'], 'box\n');
  t.equal(texts['/etc/resolv.conf'], 'search lan example.com\nnameserver 10.0.0.1\n');
  const bare = textsOf({ hostname: 'box', addresses: [], aliases: [], hosts: {}, resolver: undefined });
  t.match(bare['/etc/hosts'], '127.0.1.1 box\n');
  t.notOk('/etc/resolv.conf' in bare);
});

t.test('parts of a subnet do not meet, whoever counts them', async (t) => {
  const hosts = ['192.0.2.30', '192.0.2.4', '192.0.2.100'];
  const subnet = Subnet.parse('10.4.0.0/24') as Subnet;
  const parts = ['192.0.2.4', '192.0.2.30', '192.0.2.100'].map((host) => partOf(subnet, hosts, host));
  t.strictSame(parts, [
    { first: 1, last: 84 },
    { first: 85, last: 169 },
    { first: 170, last: 254 },
  ]);
  t.strictSame(partOf(subnet, hosts.toReversed(), '192.0.2.30'), parts[1]);
  t.strictSame(partOf(subnet, ['192.0.2.4'], '192.0.2.4'), { first: 1, last: 254 }, 'alone');
  t.throws(() => partOf(Subnet.parse('10.4.0.0/29') as Subnet, hosts, '192.0.2.4'), {
    message: /too small for 3 hosts/,
  });
  const record = { subnet: '10.4.0.0/24', overlay: { local: '192.0.2.4', peers: ['192.0.2.30', '192.0.2.100'] } };
  t.strictSame(peerGateways(record as unknown as NetworkRecord), ['10.4.0.85', '10.4.0.170']);
});
