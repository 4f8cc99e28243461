/** The responder: what it answers, whom it asks, and whom it does not answer. */

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import * as packet from 'dns-packet';
import t, { type Test } from 'tap';
import { isAnswerTo, readQuery } from '../../../lib/network/dns/answer.ts';
import { frame, frames } from '../../../lib/network/dns/frames.ts';
import { directoryOf, normalName, reversedAddress } from '../../../lib/network/dns/names.ts';
import { Responder, type ResponderOptions } from '../../../lib/network/dns/server.ts';

const directory = directoryOf(
  [
    { addresses: ['10.0.0.2', 'fd00::2'], names: ['web', 'a1', 'www'] },
    { addresses: ['10.0.0.3'], names: ['web', 'b2'] },
    { addresses: ['10.0.0.4'], names: ['evil name', '', 'x'.repeat(64)] },
  ],
  'Lab0',
);

type Ask = Partial<packet.Packet> & { type?: 'query' };
const query = (name: string, type: string, more: Ask = {}): Buffer =>
  packet.encode({
    type: 'query',
    id: 7,
    flags: packet.RECURSION_DESIRED,
    questions: [{ name, type: type as 'A' }],
    ...more,
  });

async function responder(t: Test, more: Partial<ResponderOptions> = {}): Promise<Responder> {
  const made = await Responder.start({
    addresses: ['127.0.0.1'],
    port: 0,
    directory: () => directory,
    within: (address) => address.startsWith('127.') || address.startsWith('10.0.0.'),
    resolvers: () => [],
    peers: () => [],
    ...more,
  });
  t.teardown(() => made[Symbol.asyncDispose]());
  return made;
}

async function udp(port: number, bytes: Buffer): Promise<Buffer> {
  const socket = createSocket('udp4');
  socket.send(bytes, port, '127.0.0.1');
  const [answer] = await once(socket, 'message');
  socket.close();
  return answer;
}

function tcp(port: number, bytes: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(frame(bytes)));
    socket.on('error', reject);
    socket.on(
      'data',
      frames((message) => {
        socket.destroy();
        resolve(message);
      }),
    );
  });
}

const rcode = ({ flags = 0 }: packet.Packet): number => flags & 0xf;
const dataOf = ({ answers = [] }: packet.Packet) => answers.map((each) => (each as { data: unknown }).data);

t.test('names and addresses', async (t) => {
  const { port } = await responder(t);
  const ask = async (name: string, type: string) => packet.decode(await udp(port, query(name, type)));
  t.strictSame(dataOf(await ask('web', 'A')), ['10.0.0.2', '10.0.0.3'], 'two of the same name');
  t.strictSame(dataOf(await ask('WwW', 'A')), ['10.0.0.2'], 'in either case');
  t.strictSame(dataOf(await ask('www.lab0', 'A')), ['10.0.0.2'], 'with the name of the network');
  t.strictSame(dataOf(await ask('web', 'AAAA')), ['fd00::2']);
  const other = await ask('b2', 'AAAA');
  t.strictSame([rcode(other), dataOf(other)], [0, []], 'there is such a name, but nothing of that type');
  const nobody = await ask('nobody', 'A');
  t.equal(rcode(nobody), 3, 'NXDOMAIN');
  t.ok(nobody.flag_aa && !nobody.flag_ra && nobody.id === 7 && nobody.flag_rd);
  t.strictSame(dataOf(await ask('2.0.0.10.in-addr.arpa', 'PTR')), ['web']);
  t.equal(rcode(await ask('9.0.0.10.in-addr.arpa', 'PTR')), 3);
  t.equal(rcode(await ask('example.com', 'A')), 3, 'an internal network knows nothing else');
  t.strictSame(dataOf(packet.decode(await tcp(port, query('web', 'A')))), ['10.0.0.2', '10.0.0.3'], 'over TCP');
});

t.test('the question comes back as it was written', async (t) => {
  const { port } = await responder(t);
  const { questions } = packet.decode(await udp(port, query('wWw', 'A')));
  t.equal(questions?.[0]?.name, 'wWw');
});

t.test('what is no query is not answered, and stops nothing', async (t) => {
  const { port } = await responder(t);
  const socket = createSocket('udp4');
  for (const bytes of [
    Buffer.alloc(0),
    Buffer.alloc(3),
    Buffer.from('nonsense nonsense'),
    packet.encode({ type: 'response', id: 1, questions: [{ name: 'web', type: 'A' }] }),
    packet.encode({ type: 'query', id: 1, questions: [] }),
    // A name that points to itself.
    Buffer.from('000701000001000000000000c00c00010001', 'hex'),
    Buffer.alloc(60_000, 0xff),
  ])
    socket.send(bytes, port, '127.0.0.1');
  socket.close();
  t.equal(rcode(packet.decode(await udp(port, query('web', 'A')))), 0);
});

t.test('other operations are not implemented', async (t) => {
  const { port } = await responder(t);
  const update = query('web', 'A');
  update[2] = (update[2] as number) | (5 << 3);
  t.equal(rcode(packet.decode(await udp(port, update))), 4);
});

t.test('who is not in the network is refused', async (t) => {
  const { port } = await responder(t, { within: () => false });
  const answer = packet.decode(await udp(port, query('web', 'A')));
  t.strictSame([rcode(answer), dataOf(answer)], [5, []]);
});

t.test('other names are asked of the resolvers, one after the other', async (t) => {
  const dead = createSocket('udp4').bind(0, '127.0.0.1');
  await once(dead, 'listening');
  const silent = dead.address().port;
  dead.close();
  let asked = 0;
  const upstream = createSocket('udp4').bind(0, '127.0.0.1');
  await once(upstream, 'listening');
  t.teardown(() => upstream.close());
  upstream.on('message', (bytes, from) => {
    asked++;
    const { id = 0, questions } = packet.decode(bytes);
    const answer = (data: string) => ({ name: 'example.com', type: 'A', ttl: 1, data }) as const;
    const forged = packet.encode({
      type: 'response',
      id: id ^ 1,
      questions,
      answers: [answer('6.6.6.6')],
    });
    upstream.send(forged, from.port, from.address);
    upstream.send(
      packet.encode({ type: 'response', id, questions, answers: [answer('192.0.2.1')] }),
      from.port,
      from.address,
    );
  });
  const resolvers = [
    { address: '127.0.0.1', port: silent },
    { address: '127.0.0.1', port: upstream.address().port },
  ];
  const { port } = await responder(t, { resolvers: () => resolvers });
  const answer = packet.decode(await udp(port, query('example.com', 'A')));
  t.strictSame([answer.id, dataOf(answer)], [7, ['192.0.2.1']], 'a forged id is nobody’s answer');
  t.equal(
    rcode(packet.decode(await udp(port, query('nobody', 'A')))),
    3,
    'a name without a dot is not asked of others',
  );
  t.equal(asked, 1);
});

t.test('resolvers that are not there are a failure, not a no', async (t) => {
  const gone = createSocket('udp4').bind(0, '127.0.0.1');
  await once(gone, 'listening');
  const { port: nobody } = gone.address();
  gone.close();
  const { port } = await responder(t, { resolvers: () => [{ address: '127.0.0.1', port: nobody }] });
  t.equal(rcode(packet.decode(await udp(port, query('example.com', 'A')))), 2);
});

t.test('an answer that is too large for a datagram is cut, and whole over TCP', async (t) => {
  const many = Array.from({ length: 100 }, (_, index) => ({ addresses: [`10.0.0.${index}`], names: ['many'] }));
  const { port } = await responder(t, { directory: () => directoryOf(many, 'lab') });
  const cut = packet.decode(await udp(port, query('many', 'A')));
  t.ok(cut.flag_tc);
  t.strictSame(dataOf(cut), []);
  t.equal(dataOf(packet.decode(await tcp(port, query('many', 'A')))).length, 100);
});

t.test('peers know their own names, and do not ask each other for ever', async (t) => {
  const far = directoryOf([{ addresses: ['10.0.0.200'], names: ['far'] }], 'lab');
  // Each has the other as its peer, at the same address: a question of a peer ends there.
  const second: { port?: number } = {};
  const peer = await responder(t, {
    directory: () => far,
    peers: () => [{ address: '127.0.0.1', port: second.port ?? 1 }],
  });
  const near = await responder(t, { within: () => true, peers: () => [{ address: '127.0.0.1', port: peer.port }] });
  second.port = near.port;
  // Asked from the peers' own address, it says what it knows and no more.
  t.equal(rcode(packet.decode(await udp(near.port, query('far', 'A')))), 3);
  const asker = createSocket('udp4').bind(0, '127.0.0.2');
  await once(asker, 'listening');
  asker.send(query('far', 'A'), near.port, '127.0.0.1');
  const [answer] = await once(asker, 'message');
  asker.send(query('200.0.0.10.in-addr.arpa', 'PTR'), near.port, '127.0.0.1');
  const [reverse] = await once(asker, 'message');
  asker.close();
  t.strictSame(dataOf(packet.decode(answer)), ['10.0.0.200']);
  t.strictSame(dataOf(packet.decode(reverse)), ['far']);
});

t.test('names', async (t) => {
  for (const [text, normal] of [
    ['Web.', 'web'],
    ['a_b-c.d', 'a_b-c.d'],
    ['', undefined],
    ['a..b', undefined],
    ['-a', undefined],
    ['a b', undefined],
    ['x'.repeat(64), undefined],
  ] as const)
    t.equal(normalName(text), normal, text);
  t.equal(reversedAddress('4.3.2.1.in-addr.arpa'), '1.2.3.4');
  t.equal(reversedAddress('400.3.2.1.in-addr.arpa'), undefined);
  t.equal(reversedAddress(`${'2.'.padEnd(62, '0.')}d.f.ip6.arpa`)?.slice(0, 4), undefined, 'too few digits');
});

t.test('frames come whole, however they are cut', async (t) => {
  const got: string[] = [];
  const take = frames((message) => got.push(message.toString()));
  const bytes = Buffer.concat([frame(Buffer.from('one')), frame(Buffer.from('two'))]);
  for (const byte of bytes) take(Buffer.of(byte));
  take(bytes);
  t.strictSame(got, ['one', 'two', 'one', 'two']);
});

t.test('answers are known by id and question', async (t) => {
  const asked = readQuery(query('a.b', 'A'));
  if (!asked) return t.fail();
  const answer = (name: string, id: number) =>
    packet.encode({ type: 'response', id, questions: [{ name, type: 'A' }] });
  t.ok(isAnswerTo(asked, 9, answer('A.b', 9)));
  t.notOk(isAnswerTo(asked, 9, answer('a.b', 8)));
  t.notOk(isAnswerTo(asked, 9, answer('a.c', 9)));
  t.notOk(isAnswerTo(asked, 9, Buffer.from('x')));
});
