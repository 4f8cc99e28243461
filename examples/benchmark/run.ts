/** One suite, from what is installed to the result. */
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { VERSION } from '../shared/package.ts';
import { describeMachine } from './machine.ts';
import { seeded } from './random.ts';
import type { Programs } from './requirements.ts';
import { type Command, FORMAT, type Missing, type Result } from './result.ts';
import type { Choice, Suite } from './suite.ts';

export interface Run {
  choice: Choice;
  seed: number;
  programs: Programs;
  /** Existing; see `Context`. */
  cache: string;
  /** Ends the run: it rejects with the signal's reason, after cleaning up. */
  signal: AbortSignal;
  /** Where it is: a part, and how much of it is done. */
  progress(part: string, done: number, all: number): void;
}

/** Directories of runs that were killed: whoever made them is gone. */
function clearStale(cache: string): void {
  for (const name of readdirSync(cache)) {
    const pid = /^run-(\d+)-/.exec(name)?.[1];
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) rmSync(join(cache, name), { recursive: true, force: true });
  }
}

export async function runSuite(
  suite: Suite,
  { choice, seed, programs, cache, signal, progress }: Run,
): Promise<Result> {
  const begun = new Date();
  const machine = describeMachine();
  const missing: Missing[] = [...programs.absent];
  const notes: string[] = [];
  const commands: Command[] = [];
  clearStale(cache);
  const scratch = mkdtempSync(join(cache, `run-${process.pid}-`));
  try {
    const {
      series,
      costs = [],
      timelines = [],
    } = await suite.run({
      ...choice,
      seed,
      signal,
      scratch,
      cache,
      present: programs.present,
      random: () => seeded(seed),
      progress,
      note: (text) => notes.push(text),
      lacks: (name, reason) => missing.push({ name, reason }),
      command: (about, line) => commands.push({ about, line }),
    });
    return {
      suite: suite.name,
      format: FORMAT,
      begun: begun.toISOString(),
      duration: (Date.now() - begun.getTime()) / 1000,
      options: { quick: choice.quick, runs: choice.runs ?? 'default' },
      seed,
      machine: { ...machine, loadAfter: describeMachine().load },
      versions: { cofferdam: VERSION, node: process.version, ...programs.versions },
      missing,
      notes,
      commands,
      series,
      costs,
      timelines,
    };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
