/** Questions handed on to somebody else, each from a port and with an id of its own: nobody can guess both. */
import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { isIP, connect as tcp } from 'node:net';
import { isAnswerTo, type Query } from './answer.ts';
import { frame, frames } from './frames.ts';

/** Time for one resolver, milliseconds. */
const PATIENCE = 2000;
const PORT = 53;

/** Where to ask: an address, and a port that is not 53 only in tests. */
export interface Resolver {
  address: string;
  port?: number;
}

const withId = (bytes: Buffer, id: number): Buffer => {
  const copy = Buffer.from(bytes);
  copy.writeUInt16BE(id, 0);
  return copy;
};

function overUDP({ address, port = PORT }: Resolver, query: Query, bytes: Buffer, patience: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const id = randomInt(0x10000);
    const socket = createSocket(isIP(address) === 6 ? 'udp6' : 'udp4');
    const timer = setTimeout(() => end(new Error('no answer')), patience);
    const end = (result: Buffer | Error) => {
      clearTimeout(timer);
      socket.close();
      if (result instanceof Error) reject(result);
      else resolve(result);
    };
    socket.on('error', end);
    socket.on('message', (answer) => {
      if (isAnswerTo(query, id, answer)) end(answer);
    });
    // Connected: the kernel then takes nothing from anybody else, and tells when nobody listens there.
    socket.connect(port, address, () => socket.send(withId(bytes, id)));
  });
}

function overTCP({ address, port = PORT }: Resolver, query: Query, bytes: Buffer, patience: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const id = randomInt(0x10000);
    const socket = tcp({ host: address, port, timeout: patience });
    const end = (result: Buffer | Error) => {
      socket.destroy();
      if (result instanceof Error) reject(result);
      else resolve(result);
    };
    socket.on('error', end);
    socket.on('timeout', () => end(new Error('no answer')));
    socket.on('close', () => end(new Error('closed')));
    socket.on('connect', () => socket.write(frame(withId(bytes, id))));
    socket.on(
      'data',
      frames((answer) => end(isAnswerTo(query, id, answer) ? answer : new Error('not an answer'))),
    );
  });
}

/**
 * The first answer of `resolvers`, asked one after another, with the query's own id. Undefined when none answers.
 * @param how as the question came: what was cut off over UDP is asked for again over TCP
 */
export async function forward(
  resolvers: readonly Resolver[],
  query: Query,
  bytes: Buffer,
  how: 'udp' | 'tcp',
  patience = PATIENCE,
): Promise<Buffer | undefined> {
  const ask = how === 'udp' ? overUDP : overTCP;
  for (const resolver of resolvers)
    try {
      return withId(await ask(resolver, query, bytes, patience), query.packet.id ?? 0);
    } catch {
      // The next one may know.
    }
  return undefined;
}
