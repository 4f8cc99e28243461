/** The lab's client, and what it can meet on the way. */
import { connect } from 'node:net';

/** What became of one try: the answer, or how far it came. */
export type Outcome =
  | { reached: true; answer: string }
  /** connect: no connection came about; request: it did, but no answer. */
  | { reached: false; failed: 'connect' | 'request'; code: string };

/** Send a line, and wait for the line that answers it. @param timeout milliseconds for each of the two steps */
export function ask(host: string, port: number, text: string, timeout = 3000): Promise<Outcome> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, noDelay: true });
    let connected = false;
    let heard = '';
    const end = (outcome: Outcome): void => {
      socket.destroy();
      resolve(outcome);
    };
    const fail = (code: string): void => end({ reached: false, failed: connected ? 'request' : 'connect', code });
    socket.setEncoding('utf8');
    socket.setTimeout(timeout, () => fail('ETIMEDOUT'));
    socket.on('error', (error: NodeJS.ErrnoException) => fail(error.code ?? error.message));
    socket.on('connect', () => {
      connected = true;
      socket.end(`${text}\n`);
    });
    socket.on('data', (chunk: string) => {
      heard += chunk;
      const line = heard.indexOf('\n');
      if (line >= 0) end({ reached: true, answer: heard.slice(0, line) });
    });
    socket.on('end', () => fail('EPIPE'));
  });
}

/** What an error code means to whoever wanted an answer. */
const MEANINGS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refused: nothing listens there',
  ETIMEDOUT: 'no answer',
  EHOSTUNREACH: 'no such machine can be reached',
  ENETUNREACH: 'no route to that network',
  ECONNRESET: 'the connection was broken off',
  ENOTFOUND: 'no such name',
  EAI_AGAIN: 'the name could not be asked for',
  EPIPE: 'the connection was closed without an answer',
};

export const meaningOf = (code: string): string => MEANINGS[code] ?? code;
