#!/usr/bin/env -S npx tsx
import { withCleanup } from '../shared/cleanup.ts';
/** The echo lab: a server and a client, and the question which of two places reaches which. */
import { type Command, dispatch, main, run, style, type Values, values } from '../shared/command-line.ts';
import { type Interrupted, interruptible } from '../shared/interrupt.ts';
import { listenOn, untilEnded } from '../shared/listen.ts';
import { VERSION } from '../shared/package.ts';
import { requireRoot } from '../shared/privileges.ts';
import { ask, meaningOf } from './echo/client.ts';
import { layGround } from './echo/ground.ts';
import { requireGuest } from './echo/guest.ts';
import { type Field, matrix } from './echo/matrix.ts';
import { type CLIENT, ECHO, type MATRIX, type SERVER } from './echo/options.ts';
import { tableOf } from './echo/report.ts';
import { echoServer } from './echo/server.ts';

const print = (line: string): void => void process.stdout.write(`${line}\n`);

async function serve({ host, port }: Values<typeof SERVER.options>): Promise<number> {
  const listening = await listenOn(echoServer, host, port);
  print(`Listening on ${host}:${listening.port}`);
  await untilEnded();
  // Clients that still talk are not waited for.
  return process.exit(0);
}

async function talk({ timeout }: Values<typeof CLIENT.options>, words: readonly string[]): Promise<number> {
  const [host = '', port = '', ...text] = words;
  const outcome = await ask(host, values.port(port), text.join(' '), timeout * 1000);
  if (outcome.reached) print(outcome.answer);
  else process.stderr.write(`lab:echo client: ${host}:${port}: ${meaningOf(outcome.code)} (${outcome.code})\n`);
  return outcome.reached ? 0 : 1;
}

/** A port that nobody has at the moment. */
async function freePort(): Promise<number> {
  const listening = await listenOn(echoServer, '0.0.0.0', 0);
  await listening[Symbol.asyncDispose]();
  return listening.port;
}

async function compare({ guest, json }: Values<typeof MATRIX.options>): Promise<number> {
  requireRoot('lab:echo');
  if (guest) requireGuest();
  const all: Field[] = [];
  const { signal, stop } = interruptible();
  try {
    await withCleanup(async (cleanup) => {
      if (guest) process.stderr.write('lab:echo: booting the guest; a minute or two where it is emulated\n');
      const ground = await layGround(cleanup, { published: await freePort(), guest, signal });
      for await (const fields of matrix(ground)) {
        all.push(...fields);
        if (!json) print(`${tableOf(fields, style(process.stdout)).join('\n')}\n`);
      }
    });
  } catch (error) {
    // What failed then, failed because of it.
    if (signal.aborted) return (signal.reason as Interrupted).status;
    throw error;
  } finally {
    stop();
  }
  if (json) print(JSON.stringify(all, null, 2));
  else print(`${all.filter(({ reachable }) => reachable).length} of ${all.length} reachable`);
  return 0;
}

/** A server and two clients that talk at the same time. */
async function demonstrate(): Promise<number> {
  await withCleanup(async ({ use }) => {
    const { port } = use(await listenOn(echoServer, 'localhost', 0));
    print(`Listening on localhost:${port}`);
    const talks = ['hello', 'is anybody there?'].map(async (text) => {
      const outcome = await ask('localhost', port, text);
      print(`client: ${text}\nserver: ${outcome.reached ? outcome.answer : meaningOf(outcome.code)}`);
    });
    await Promise.all(talks);
  });
  print('');
  return compare({ guest: false, json: false });
}

const words = process.argv.slice(2);
await main(
  words.length === 0
    ? run(ECHO, VERSION, [], demonstrate)
    : dispatch(ECHO as Command, VERSION, words, {
        server: ({ values }) => serve(values as Values<typeof SERVER.options>),
        client: ({ values, words }) => talk(values as Values<typeof CLIENT.options>, words),
        matrix: ({ values }) => compare(values as Values<typeof MATRIX.options>),
      }),
);
