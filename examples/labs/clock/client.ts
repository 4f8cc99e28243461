/** The lab's client. */
import { best, type Estimate, type Exchange, estimate } from './cristian.ts';
import { RpcClient } from './rpc.ts';
import { METHOD } from './server.ts';
import type { Clock } from './time.ts';

export interface ServerTimeOptions {
  /** The student's name at the university, which the server prints. */
  netid: string;
  host: string;
  port: number;
  /** The client's own clock. */
  clock: Clock;
  /** Exchanges, of which the quickest counts. Default 1. */
  tries?: number;
  /** For the connection and for each answer, milliseconds. Default 5000. */
  timeout?: number;
}

/** Ask a server for its time, and estimate what its clock says when the answer is here. */
export async function getServerTime(options: ServerTimeOptions): Promise<Estimate> {
  const { netid, host, port, clock, tries = 1, timeout } = options;
  const client = await RpcClient.connect(host, port, timeout);
  try {
    const estimates: Estimate[] = [];
    for (let i = 0; i < tries; i++) estimates.push(estimate(await exchange(client, netid, clock)));
    return best(estimates);
  } finally {
    client.close();
  }
}

/** T1 and T4 are taken as close to the wire as this program comes. */
async function exchange(client: RpcClient, netid: string, clock: Clock): Promise<Exchange> {
  let requested = 0;
  let arrived = 0;
  const sent = () => {
    requested = clock.now();
  };
  const heard = () => {
    arrived = clock.now();
  };
  const stamps = (await client.call(METHOD, { netid }, { sent, heard })) as { received: number; answered: number };
  return { requested, ...stamps, arrived };
}
