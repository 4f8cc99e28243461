/** A slow network in user space: passes bytes on, each a given time later. */
import { connect, createServer, type Server, type Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** Delay of each way, milliseconds. */
export interface Delays {
  there: number;
  back: number;
}

/** Hands on each chunk when its time has come, in order. What comes meanwhile waits for its own time, not for the sum. */
async function* late(chunks: AsyncIterable<Buffer>, delay: number): AsyncGenerator<Buffer> {
  const waiting: { chunk: Buffer; due: number }[] = [];
  let more: () => void = () => {};
  let over = false;
  const reading = (async () => {
    for await (const chunk of chunks) {
      waiting.push({ chunk, due: performance.now() + delay });
      more();
    }
  })().finally(() => {
    over = true;
    more();
  });
  for (;;) {
    const first = waiting.shift();
    if (first) {
      // A timer may be up to a millisecond early.
      for (let left = first.due - performance.now(); left > 0; left = first.due - performance.now())
        await sleep(Math.ceil(left));
      yield first.chunk;
    } else if (over) break;
    else
      await new Promise<void>((resolve) => {
        more = resolve;
      });
  }
  await reading;
}

const passOn = (from: Socket, to: Socket, delay: number): Promise<void> =>
  pipeline(from, (chunks: AsyncIterable<Buffer>) => late(chunks, delay), to);

/** A server that passes every connection on to `host:port`; not listening yet. */
export function relay(host: string, port: number, { there, back }: Delays): Server {
  return createServer({ noDelay: true, allowHalfOpen: true }, (near) => {
    const far = connect({ host, port, noDelay: true, allowHalfOpen: true });
    // An end that breaks ends the other; there is nobody here to tell.
    Promise.all([passOn(near, far, there), passOn(far, near, back)]).catch(() => {
      near.destroy();
      far.destroy();
    });
  });
}
