/** Messages of rtnetlink: laid out, taken apart, and never read beyond. */
import t from 'tap';
import { floodMessage, macvlanMessage, vxlanMessage } from '../../../lib/network/kinds.ts';
import { addressEntry, linkEntry, routeEntry } from '../../../lib/network/rtnetlink/entries.ts';
import { attributes, linkHeader, message } from '../../../lib/network/rtnetlink/message.ts';
import { readAttributes, readDump } from '../../../lib/network/rtnetlink/read.ts';
import { burstOf, queueMessages } from '../../../lib/network/shaping.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

t.test('attributes are aligned, and nest', async (t) => {
  t.equal(hex(attributes([[3, 'ab']])), '07000300616200' + '00');
  t.equal(hex(attributes([[4, 1500]])), '08000400dc050000');
  t.equal(hex(attributes([[18, [[1, 'x']]]])), '0c001200' + '06000100' + '78000000');
  t.throws(() => attributes([[1, new Uint8Array(70_000)]]), RangeError);
});

t.test('a message says its own length', async (t) => {
  const made = Buffer.from(message(16, 0x600, linkHeader(1), [[3, 'eth0']]));
  t.equal(made.readUInt32LE(0), made.length);
  t.equal(made.readUInt16LE(4), 16);
  t.equal(made.readUInt16LE(6), 0x601);
  t.equal(made.length % 4, 0);
});

t.test('kinds', async (t) => {
  const link = { name: 'eth0', mtu: 1400, mac: Uint8Array.of(2, 0, 0, 0, 0, 1) };
  const macvlan = readAttributes(Buffer.from(macvlanMessage(link, 'vepa')), 32);
  t.equal(macvlan.get(3)?.toString(), 'eth0\0');
  t.equal(macvlan.get(4)?.readUInt32LE(0), 1400);
  const info = readAttributes(macvlan.get(18) as Buffer);
  t.equal(info.get(1)?.toString(), 'macvlan\0');
  t.equal(
    readAttributes(info.get(2) as Buffer)
      .get(1)
      ?.readUInt32LE(0),
    2,
  );
  const vxlan = readAttributes(Buffer.from(vxlanMessage(link, { vni: 0xabcdef, local: '10.0.0.1', port: 4789 })), 32);
  const data = readAttributes(readAttributes(vxlan.get(18) as Buffer).get(2) as Buffer);
  t.equal(data.get(1)?.readUInt32LE(0), 0xabcdef);
  t.equal(data.get(4)?.join('.'), '10.0.0.1');
  t.equal(data.get(15)?.readUInt16BE(0), 4789, 'the port is in network order');
  t.equal(hex(readAttributes(Buffer.from(floodMessage('10.0.0.2')), 28).get(1) as Buffer), '0a000002');
});

t.test('queues', async (t) => {
  t.strictSame(queueMessages({ rate: undefined, delay: undefined, loss: undefined }, 1500), []);
  const [both, inner] = queueMessages({ rate: 1_000_000, delay: 50, loss: 0.5 }, 1500);
  t.strictSame([both?.kind, inner?.kind], ['netem', 'tbf']);
  const netem = Buffer.from(both?.message as Uint8Array);
  t.equal(netem.readUInt32LE(16 + 12), 0xffffffff, 'it is the root');
  const emulator = readAttributes(netem, 36).get(2) as Buffer;
  t.equal(emulator.readUInt32LE(8), 0x80000000, 'half of all');
  t.equal(readAttributes(emulator, 24).get(10)?.readBigInt64LE(0), 50_000_000n);
  const bucket = Buffer.from(inner?.message as Uint8Array);
  t.equal(bucket.readUInt32LE(16 + 12), 0x10001, 'and the bucket is in it');
  const parameters = readAttributes(readAttributes(bucket, 36).get(2) as Buffer).get(1) as Buffer;
  t.equal(parameters.readUInt32LE(8), 1_000_000);
  const quick = queueMessages({ rate: 10_000_000_000, delay: 0, loss: 0 }, 1500)[0]?.message as Uint8Array;
  const large = readAttributes(readAttributes(Buffer.from(quick), 36).get(2) as Buffer);
  t.equal(large.get(4)?.readBigUInt64LE(0), 10_000_000_000n, 'more than 32 bits have a place of their own');
  t.equal((large.get(1) as Buffer).readUInt32LE(8), 0xffffffff);
});

t.test('a bucket holds what a tick brings, and two frames', async (t) => {
  t.equal(burstOf(100_000_000, 1500), 1_000_000);
  t.equal(burstOf(10_000, 1500), 3080);
  t.equal(burstOf(10_000, 9000), 2 * 9040);
});

t.test('dumps', async (t) => {
  const done = Buffer.from(message(3, 0, Buffer.alloc(4)));
  const link = Buffer.from(message(16, 0, linkHeader(1), [[3, 'lo']]));
  const { bodies, interrupted } = readDump(Buffer.concat([link, link, done]));
  t.equal(bodies.length, 2);
  t.notOk(interrupted);
  t.match(linkEntry(bodies[0] as Buffer), { name: 'lo', up: true, running: false, kind: undefined, mac: undefined });
  const error = Buffer.alloc(4);
  error.writeInt32LE(-1);
  t.throws(() => readDump(Buffer.from(message(2, 0, error))), { code: 'EPERM' });
  const half = Buffer.from(link);
  half.writeUInt16LE(0x10, 6);
  t.ok(readDump(half).interrupted);
});

t.test('what is cut off, or claims too much, is not read', async (t) => {
  const link = Buffer.from(
    message(16, 0, linkHeader(1), [
      [3, 'eth0'],
      [4, 1500],
      [18, [[1, 'veth']]],
    ]),
  );
  for (let size = 0; size <= link.length; size++) {
    readDump(link.subarray(0, size));
    readAttributes(link.subarray(0, size), Math.min(32, size));
  }
  const liar = Buffer.from(attributes([[3, 'eth0']]));
  liar.writeUInt16LE(0xffff, 0);
  t.equal(readAttributes(liar).size, 0);
  liar.writeUInt16LE(0, 0);
  t.equal(readAttributes(liar).size, 0, 'no endless loop');
});

t.test('addresses and routes', async (t) => {
  const header = Buffer.from([2, 24, 0, 0, 7, 0, 0, 0]);
  const address = Buffer.concat([
    header,
    attributes([
      [1, Uint8Array.of(10, 0, 0, 9)],
      [2, Uint8Array.of(10, 0, 0, 1)],
    ]),
  ]);
  t.match(addressEntry(address), { index: 7, family: 'ipv4', address: '10.0.0.1', prefix: 24, scope: 'global' });
  t.equal(addressEntry(Buffer.alloc(8)), undefined, 'of no family that is known');
  const route = Buffer.concat([Buffer.from([10, 0, 0, 0, 254, 0, 0, 0, 0, 0, 0, 0]), attributes([[4, 3]])]);
  t.match(routeEntry(route), { family: 'ipv6', destination: 'default', index: 3, gateway: undefined });
  route[4] = 255;
  t.equal(routeEntry(route), undefined, 'the table of local addresses');
});
