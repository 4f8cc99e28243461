/** `cloner wait`. */
import { setTimeout as sleep } from 'node:timers/promises';
import { watchContainers } from 'cofferdam';
import { type Invocation, UsageError } from '../../shared/command-line.ts';
import { isDefined, placesFor, requireDefined, stateOf } from '../found.ts';
import { libraryName } from '../places.ts';
import type { WAIT } from '../table/look.ts';

/** setTimeout(3)'s most. */
const LONGEST = 2 ** 31 - 1;
/** Between two looks, milliseconds. */
const PAUSE = 1000;

export async function wait({ values, words }: Invocation<(typeof WAIT)['options']>): Promise<number> {
  const { state, timeout = -1 } = values;
  if (!state) throw new UsageError("for which state? give -s STATE, such as -s RUNNING, or -s 'RUNNING|STOPPED'");
  const places = placesFor(values, words);
  const wanted = state.map((name) => (name === 'THAWED' ? 'RUNNING' : name));
  // An ephemeral one that has stopped is not there any more.
  if (!isDefined(places) && wanted.includes('STOPPED')) return 0;
  requireDefined(places);
  const isThere = async () => wanted.includes(await stateOf(places));
  const done = new AbortController();
  const over = AbortSignal.timeout(timeout < 0 ? LONGEST : timeout * 1000);
  const signal = AbortSignal.any([over, done.signal]);
  const changes = watchContainers({ names: [libraryName(places)], signal });
  try {
    let next = changes.next();
    // Its end by `done` is not waited for.
    next.catch(() => {});
    while (!(await isThere())) {
      // What changed before the watch was there is told by nobody.
      if (!(await Promise.race([next, sleep(PAUSE, undefined, { signal })]))) continue;
      next = changes.next();
      next.catch(() => {});
    }
    return 0;
  } catch (error) {
    if (over.aborted) return (await isThere()) ? 0 : 1;
    throw error;
  } finally {
    done.abort();
  }
}
