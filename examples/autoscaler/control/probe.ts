/** Whether a store answers. */
import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** Milliseconds: one question, and between two. */
const PATIENCE = 500;
const PAUSE = 5;

/** One GET /healthz. */
function answers(address: string): Promise<boolean> {
  const [host = '', port = ''] = address.split(':');
  return new Promise((resolve) => {
    const asked = request({ host, port, path: '/healthz', agent: false, timeout: PATIENCE }, (response) => {
      response.resume();
      response.once('end', () => resolve(response.statusCode === 200));
    });
    asked.once('timeout', () => asked.destroy());
    asked.once('error', () => resolve(false));
    asked.once('close', () => resolve(false));
    asked.end();
  });
}

/** Resolves with whether the store answers, as soon as it does, or after `patience` milliseconds. */
export async function waitUntilAnswers(address: string, patience: number, signal?: AbortSignal): Promise<boolean> {
  for (const end = performance.now() + patience; !signal?.aborted; await sleep(PAUSE)) {
    if (await answers(address)) return true;
    if (performance.now() >= end) return false;
  }
  return false;
}
