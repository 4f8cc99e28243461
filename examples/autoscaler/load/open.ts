/** The open loop: each request is sent at its time, whatever became of those before. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from './client.ts';
import type { Recorder } from './recorder.ts';
import type { Planned } from './requests.ts';

export interface OpenLoop {
  /** Milliseconds since the beginning, ascending, one for each request. */
  times: Float64Array;
  requests: readonly Planned[];
  /** Milliseconds from the intended time within which the answer must be whole. */
  deadline: number;
  /** Ends it early; what was sent is waited for. */
  signal?: AbortSignal | undefined;
}

/** Timers are early or late by about this, milliseconds. */
const GRAIN = 1;

/** Resolves when the last request has been answered, or is past its deadline. */
export async function openLoop(client: Client, recorder: Recorder, options: OpenLoop): Promise<void> {
  const { times, requests, deadline, signal } = options;
  const began = performance.now();
  const under = new Set<Promise<void>>();
  for (let next = 0; next < times.length && !signal?.aborted; ) {
    const now = performance.now() - began;
    const intended = times[next] as number;
    if (intended > now + GRAIN) {
      await sleep(Math.max(1, intended - now), undefined, { signal }).catch(() => {});
      continue;
    }
    const sending = client.send(requests[next] as Planned, intended + deadline - now).then((answer) => {
      recorder.record(intended, now, performance.now() - began, answer);
      under.delete(sending);
    });
    under.add(sending);
    next++;
  }
  await Promise.all(under);
}
