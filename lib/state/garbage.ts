/** What dead programs left: found by their journals, undone by the same undo programs that they would have run. */

import { describeErrno } from '../errors.ts';
import { decodeOperations } from '../program/decode.ts';
import { collectDetachedGarbage } from './detached-garbage.ts';
import { recoverJournals } from './journals.ts';

/** One thing that was, or would be, undone. */
export interface Garbage {
  /** The journal that it was found in; of a detached container: its program, or its directory. */
  journal: string;
  /** What undoes it, as `plan()` prints operations. */
  undo: string[];
  /** Errors met on the way; empty when it is gone. */
  errors: string[];
}

/**
 * Undo what programs left that died together with their janitor, and what monitors left that were killed: cgroups with what
 * runs in them, links, directories. What belongs to living programs is not touched, nor is a detached container that lives
 * without its monitor.
 * @param options.dryRun only say what would be done. Default false.
 */
export function collectGarbage(options: { dryRun?: boolean } = {}): Garbage[] {
  const journals = recoverJournals(options).flatMap(({ journal, programs, errors }) => {
    const failed = errors.map(({ errno, step }) => `${describeErrno(errno).code} at operation ${step}`);
    return programs.map((program) => ({ journal, undo: decodeOperations(program), errors: failed }));
  });
  return [...journals, ...collectDetachedGarbage(options.dryRun ?? false)];
}
