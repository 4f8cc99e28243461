/** `cloner wait`. */

import { setTimeout as sleep } from 'node:timers/promises';
import { type Invocation, UsageError } from '../../shared/command-line.ts';
import { placesFor, requireDefined, stateOf } from '../found.ts';
import type { WAIT } from '../table/look.ts';

/** Between two looks, milliseconds. */
const PAUSE = 50;

export async function wait({ values, words }: Invocation<(typeof WAIT)['options']>): Promise<number> {
  const { state, timeout = -1 } = values;
  if (!state) throw new UsageError("for which state? give -s STATE, such as -s RUNNING, or -s 'RUNNING|STOPPED'");
  const places = placesFor(values, words);
  requireDefined(places);
  const end = timeout < 0 ? Number.POSITIVE_INFINITY : Date.now() + timeout * 1000;
  const wanted = state.map((name) => (name === 'THAWED' ? 'RUNNING' : name));
  while (!wanted.includes(await stateOf(places))) {
    if (Date.now() >= end) return 1;
    await sleep(Math.min(PAUSE, Math.max(1, end - Date.now())));
  }
  return 0;
}
