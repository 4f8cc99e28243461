/** What dead programs left: found by their journals, undone by the same undo programs that they would have run. */
import { openLauncher } from '../launch/launcher.ts';
import { decodeOperations } from '../program/decode.ts';
import { undoFailureText } from '../program/undo-failure.ts';
import { recoverJournals } from '../state/journals.ts';
import { collectDetachedGarbage } from './detached-garbage.ts';
import type { Garbage } from './garbage-found.ts';

/**
 * Undo what programs left that died together with their janitor, and what monitors left that were killed: cgroups with what
 * runs in them, links, directories. What belongs to living programs is not touched, nor is a detached container that lives
 * without its monitor.
 * @param options.dryRun only say what would be done. Default false.
 */
export function collectGarbage(options: { dryRun?: boolean } = {}): Garbage[] {
  const { dryRun = false } = options;
  // An undo may have to run nft, which is started by the launcher, as everything is.
  if (!dryRun && recoverJournals({ dryRun: true }).some(({ programs }) => programs.length > 0)) openLauncher();
  const journals = recoverJournals({ dryRun }).flatMap(({ journal, programs, errors }) =>
    programs.map((program, index) => {
      const failure = errors[index];
      return {
        journal,
        undo: decodeOperations(program),
        errors: failure ? [undoFailureText(failure, program)] : [],
      };
    }),
  );
  return [...journals, ...collectDetachedGarbage(dryRun)];
}
