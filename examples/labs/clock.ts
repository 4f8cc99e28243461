#!/usr/bin/env -S npx tsx
/** The clock lab: a server's time over a network, by Cristian's algorithm. */
import { type Command, dispatch, main, run, type Values, values } from '../shared/command-line.ts';
import { listenOn, untilEnded } from '../shared/listen.ts';
import { VERSION } from '../shared/package.ts';
import { getServerTime } from './clock/client.ts';
import { demonstrate } from './clock/demonstration.ts';
import { type CLIENT, CLOCK, type RELAY, type SERVER } from './clock/options.ts';
import { relay } from './clock/relay.ts';
import { report, SLIP } from './clock/report.ts';
import { clockServer } from './clock/server.ts';
import { clockWith, formatDuration } from './clock/time.ts';

const print = (line: string): void => void process.stdout.write(`${line}\n`);

async function serve({ host, port, skew, json }: Values<typeof SERVER.options>): Promise<number> {
  const clock = clockWith(skew);
  const make = () => clockServer(clock, (netid, address) => print(`${netid} asks from ${address}`));
  const listening = await listenOn(make, host, port);
  if (json) print(JSON.stringify({ port: listening.port, clockOffset: clock.offset }));
  else print(`Listening on ${host}:${listening.port}, clock wrong by ${formatDuration(skew, true)}`);
  await untilEnded();
  return process.exit(0);
}

async function ask({ tries, json }: Values<typeof CLIENT.options>, words: readonly string[]): Promise<number> {
  const [netid = '', host = '', port = ''] = words;
  const clock = clockWith();
  const found = await getServerTime({ netid, host, port: values.port(port), clock, tries });
  if (json) print(JSON.stringify({ ...found, clockOffset: clock.offset }));
  else for (const line of [...report(found), SLIP]) print(line);
  return 0;
}

async function slow(
  { host, port, delay, back }: Values<typeof RELAY.options>,
  [to = '', toPort = '']: readonly string[],
): Promise<number> {
  const make = () => relay(to, values.port(toPort), { there: delay, back: back ?? delay });
  const listening = await listenOn(make, host, port);
  print(`Listening on ${host}:${listening.port}, ${delay} ms later there, ${back ?? delay} ms later back`);
  await untilEnded();
  return process.exit(0);
}

/** What goes wrong between two machines is an answer of the lab, not a failure of this program: 1. */
async function answered(work: Promise<number>): Promise<number> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error;
    process.stderr.write(`lab:clock client: ${error.message}\n`);
    return 1;
  }
}

const words = process.argv.slice(2);
await main(
  words.length === 0
    ? run(CLOCK, VERSION, [], async () => demonstrate(print))
    : dispatch(CLOCK as Command, VERSION, words, {
        server: ({ values }) => serve(values as Values<typeof SERVER.options>),
        client: ({ values, words }) => answered(ask(values as Values<typeof CLIENT.options>, words)),
        relay: ({ values, words }) => slow(values as Values<typeof RELAY.options>, words),
      }),
);
