/** `cloner freeze` and `cloner unfreeze`. */
import type { Invocation } from '../../shared/command-line.ts';
import { placesFor, requireRunning } from '../found.ts';
import type { FREEZE } from '../table/run.ts';

type Work = (invocation: Invocation<(typeof FREEZE)['options']>) => Promise<number>;

export const freeze: Work = async ({ values, words }) => {
  await (await requireRunning(placesFor(values, words))).pause();
  return 0;
};

export const unfreeze: Work = async ({ values, words }) => {
  await (await requireRunning(placesFor(values, words))).resume();
  return 0;
};
