/** Why a client is not answered: asked of the network, from where the client is. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { ask, meaningOf, type Outcome } from './client.ts';

/** What was tried, each by itself. */
export interface Findings {
  /** Whether the machine of that address answers echo requests; undefined where there is no ping(8). */
  ping: boolean | undefined;
  /** Whether a connection came about, else the error's code. */
  connect: true | string;
  /** Whether the request was answered, else the error's code; undefined without a connection. */
  request: true | string | undefined;
}

/** Milliseconds. */
const PATIENCE = 1000;
const run = promisify(execFile);

/** One echo request; `busybox ping` will do as well. */
async function ping(address: string, patience: number): Promise<boolean | undefined> {
  for (const command of [['ping'], ['busybox', 'ping']] as const)
    try {
      await run(command[0], [...command.slice(1), '-c', '1', '-W', String(Math.ceil(patience / 1000)), address]);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') return false;
    }
  return undefined;
}

/** All three, from here. @param patience milliseconds for each */
export async function look(address: string, port: number, patience = PATIENCE): Promise<Findings> {
  const [pinged, outcome] = await Promise.all([
    ping(address, patience),
    ask(address, port, 'are you there?', patience),
  ]);
  return { ping: pinged, ...stepsOf(outcome) };
}

function stepsOf(outcome: Outcome): Pick<Findings, 'connect' | 'request'> {
  if (outcome.reached) return { connect: true, request: true };
  if (outcome.failed === 'connect') return { connect: outcome.code, request: undefined };
  return { connect: true, request: outcome.code };
}

/** What the three answers together mean. */
export function conclude({ ping, connect, request }: Findings): string {
  if (request === true) return 'it is there now';
  if (connect === true) return 'something listens there, but does not answer as the server does';
  if (connect === 'ECONNREFUSED') return 'the machine is there, but nothing listens on that address and port';
  if (connect === 'ENETUNREACH' || connect === 'EHOSTUNREACH') return 'there is no way to that machine';
  if (connect === 'ETIMEDOUT' && ping) return 'the machine is there, and drops what goes to that port: a firewall';
  if (connect === 'ETIMEDOUT' && ping === false) return 'nothing comes back from that address at all: it is kept apart';
  return meaningOf(connect);
}

/** The three answers, as they were. */
export function evidence({ ping, connect, request }: Findings): string {
  const said = (answer: true | string | undefined) =>
    answer === undefined ? 'not tried' : answer === true ? 'yes' : `${answer}`;
  const pinged = ping === undefined ? 'no such program' : ping ? 'yes' : 'no answer';
  return `ping: ${pinged}, connect: ${said(connect)}, request: ${said(request)}`;
}
