/** The closed loop: clients that wait for their answer before they ask again, and come one after the other. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from './client.ts';
import type { Recorder } from './recorder.ts';
import type { Planned } from './requests.ts';

export interface ClosedLoop {
  clients: number;
  /** Clients that come a second. */
  spawn: number;
  /** Milliseconds. */
  duration: number;
  /** Milliseconds of thought between an answer and the next request. */
  think: number;
  /** The next request of any client. */
  request(): Planned;
  deadline: number;
  signal?: AbortSignal | undefined;
}

/** Resolves when the last client has its last answer. */
export async function closedLoop(client: Client, recorder: Recorder, options: ClosedLoop): Promise<void> {
  const { clients, spawn, duration, think, deadline, signal } = options;
  const began = performance.now();
  const now = (): number => performance.now() - began;
  const pause = (milliseconds: number): Promise<unknown> => sleep(milliseconds, undefined, { signal }).catch(() => {});
  const isOver = (): boolean => now() >= duration || signal?.aborted === true;

  async function live(arrival: number): Promise<void> {
    if (arrival > 0) await pause(Math.min(arrival, duration));
    while (!isOver()) {
      const sent = now();
      const answer = await client.send(options.request(), deadline);
      recorder.record(sent, sent, now(), answer);
      // A server that is not there would be asked as fast as it can refuse.
      const rest = answer.kind === 'ok' ? think : Math.max(think, 100);
      if (rest > 0) await pause(rest);
    }
  }
  await Promise.all(Array.from({ length: clients }, (_, i) => live((i / spawn) * 1000)));
}
