/**
 * The matrix's hands in a place: a process that runs server and client there when it is told to. One line of JSON for each
 * order and for each answer, on standard input and output.
 */
import { createInterface } from 'node:readline';
import { type Listening, listenOn } from '../../shared/listen.ts';
import { ask } from './client.ts';
import { look } from './diagnose.ts';
import { echoServer } from './server.ts';

/** What an agent can be told. */
export interface Orders {
  /** Serve on this address only, and no longer where it did; the answer is the port. */
  serve: { host: string; port: number };
  /** patience: milliseconds, for each step. */
  ask: { host: string; port: number; text: string; patience: number };
  look: { host: string; port: number; patience: number };
}

let serving: Listening | undefined;

const works: { readonly [Name in keyof Orders]: (order: Orders[Name]) => Promise<unknown> } = {
  async serve({ host, port }) {
    await serving?.[Symbol.asyncDispose]();
    serving = await listenOn(echoServer, host, port);
    return serving.port;
  },
  ask: ({ host, port, text, patience }) => ask(host, port, text, patience),
  look: ({ host, port, patience }) => look(host, port, patience),
};

interface Line<Name extends keyof Orders = keyof Orders> {
  id: number;
  name: Name;
  order: Orders[Name];
}

async function obey<Name extends keyof Orders>({ id, name, order }: Line<Name>): Promise<void> {
  let answer: object;
  try {
    answer = { id, result: await works[name](order) };
  } catch (error) {
    answer = { id, error: (error as Error).message };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}

const orders = createInterface({ input: process.stdin });
orders.on('line', (line) => void obey(JSON.parse(line) as Line));
// Whoever gives the orders is gone.
orders.on('close', () => process.exit(0));
