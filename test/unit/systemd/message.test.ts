/** Messages as the D-Bus specification lays them out. */
import t from 'tap';
import { decodeMessage, encodeCall, messageLength, type Value } from '../../../lib/systemd/message.ts';
import { startScope } from '../../../lib/systemd/transient-scope.ts';

const call = (body: readonly Value[]) => ({ destination: 'd.e', path: '/p', interface: 'i.f', member: 'M', body });

t.test('a call, byte by byte', (t) => {
  const bytes = encodeCall(call([{ type: 'u', value: 0x01020304 }]), 7);
  t.equal(
    bytes.toString('latin1'),
    [
      // order, method call, no flags, version; the body's length; serial; the fields' length
      'l\x01\x00\x01\x04\x00\x00\x00\x07\x00\x00\x00\x47\x00\x00\x00',
      // each field at a multiple of 8: code, signature, value
      '\x01\x01o\x00\x02\x00\x00\x00/p\x00\x00\x00\x00\x00\x00',
      '\x02\x01s\x00\x03\x00\x00\x00i.f\x00\x00\x00\x00\x00',
      '\x03\x01s\x00\x01\x00\x00\x00M\x00\x00\x00\x00\x00\x00\x00',
      '\x06\x01s\x00\x03\x00\x00\x00d.e\x00\x00\x00\x00\x00',
      '\x08\x01g\x00\x01u\x00',
      '\x00\x04\x03\x02\x01',
    ].join(''),
  );
  t.equal(messageLength(bytes), bytes.length);
  t.equal(messageLength(bytes.subarray(0, 15)), undefined);
  t.end();
});

t.test("properties: the array's length is without the padding before its first element", (t) => {
  const bytes = encodeCall(call([{ type: 'a(sv)', value: [['A', { type: 'b', value: true }]] }]), 1);
  const body = bytes.subarray(-24);
  t.strictSame([...body.subarray(0, 8)], [16, 0, 0, 0, 0, 0, 0, 0]);
  t.strictSame([...body.subarray(8)], [1, 0, 0, 0, 65, 0, 1, 98, 0, 0, 0, 0, 1, 0, 0, 0]);
  t.end();
});

/** The same message as a machine of the other order of bytes would write it: every number turned around. */
function turned(bytes: Buffer): Buffer {
  const other = Buffer.from(bytes);
  other.write('B', 0, 'latin1');
  for (const at of [4, 8, 12]) other.subarray(at, at + 4).reverse();
  for (let at = 16; at < 16 + bytes.readUInt32LE(12); ) {
    const signature = other[at + 2];
    if (signature === 0x67) {
      at += 6 + (other[at + 4] as number) + 1;
      continue;
    }
    const length = bytes.readUInt32LE(at + 4);
    other.subarray(at + 4, at + 8).reverse();
    at = Math.ceil((at + 8 + length + 1) / 8) * 8;
  }
  return other;
}

t.test('what comes is understood in both orders of bytes', (t) => {
  const bytes = encodeCall(call([]), 258);
  for (const message of [bytes, turned(bytes)])
    t.match(decodeMessage(message), { type: 1, serial: 258, member: 'M', error: undefined, body: [] });
  const signal = encodeCall(
    call([
      { type: 'u', value: 3 },
      { type: 'o', value: '/job/3' },
      { type: 's', value: 'a.scope' },
      { type: 's', value: 'dönë' },
      { type: 'au', value: [1] },
    ]),
    1,
  );
  t.strictSame(decodeMessage(signal).body, [3, '/job/3', 'a.scope', 'dönë'], 'as far as there are strings and numbers');
  t.throws(() => decodeMessage(signal.subarray(0, 40)), RangeError);
  t.end();
});

t.test('a scope is delegated, and counts no tasks', (t) => {
  const { member, body } = startScope('x.scope', 'system.slice', [5, 6]);
  t.equal(member, 'StartTransientUnit');
  t.equal(body.map(({ type }) => type).join(''), 'ssa(sv)a(sa(sv))');
  const properties = new Map(body[2]?.value as [string, Value][]);
  t.match(properties.get('Delegate'), { value: true });
  t.match(properties.get('PIDs'), { value: [5, 6] });
  t.match(properties.get('TasksMax'), { value: 2n ** 64n - 1n });
  t.end();
});
