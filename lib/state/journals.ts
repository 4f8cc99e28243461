/** Journals of programs that are dead: what the janitor would have undone, had it not been killed too. */
import { closeSync, existsSync, openSync, readdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { native, type UndoFailure } from '../native.ts';
import { stateDirectory } from './directory.ts';
import { ifThere } from './files.ts';

let count = 0;

/** A path for this program's journal that no other has; the pid alone comes again. */
export function newJournalPath(): string {
  const unique = `${process.pid}-${process.hrtime.bigint().toString(36)}-${count++}`;
  return join(stateDirectory().journals, unique);
}

/** What `recoverJournals` found in one journal. */
export interface Recovered {
  journal: string;
  /** Undo programs that were (or with `dryRun` would be) run. */
  programs: Uint8Array[];
  /** What became of each. */
  errors: (UndoFailure | null)[];
}

/** Undo what programs left behind that died together with their janitor. Journals of living ones are not touched. */
export function recoverJournals(options: { dryRun?: boolean } = {}): Recovered[] {
  const { journals } = stateDirectory();
  const recovered: Recovered[] = [];
  for (const name of readdirSync(journals)) {
    const journal = join(journals, name);
    if (name.endsWith(UNFINISHED)) {
      removeUnfinished(journal, options.dryRun ?? false);
      continue;
    }
    const { alive, programs, errors } = native().recover(journal, options.dryRun ?? false);
    if (!alive) recovered.push({ journal, programs, errors });
  }
  return recovered;
}

/** A journal gets its name with its first record; before, its program has made nothing that lasts. */
const UNFINISHED = '.new';

function removeUnfinished(path: string, dryRun: boolean): void {
  const pid = Number.parseInt(basename(path), 10);
  if (dryRun || existsSync(`/proc/${pid}`)) return;
  // Its program may be in another pid namespace: then its janitor has the lock.
  const descriptor = ifThere(() => openSync(path, 'r'), undefined);
  if (descriptor === undefined) return;
  try {
    if (native().lock(descriptor, false)) rmSync(path, { force: true });
  } finally {
    closeSync(descriptor);
  }
}
