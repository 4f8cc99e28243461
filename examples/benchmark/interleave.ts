/** Compared things take turns, in another order each round: what the machine does meanwhile hits all of them. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from './random.ts';

export interface Turns {
  rounds: number;
  random: Random;
  /** Aborted: no further turn begins, and `interleave()` rejects with its reason. */
  signal: AbortSignal;
  /** Before each turn, milliseconds: what the turn before left to the kernel (a network namespace's end) should be done. */
  pause: number;
  /** Called after each round. */
  progress?(done: number, rounds: number): void;
}

/** @returns by subject, in the order given, what `turn` gave in each round */
export async function interleave<Subject>(
  subjects: readonly Subject[],
  turns: Turns,
  turn: (subject: Subject) => Promise<number[]>,
): Promise<number[][][]> {
  const { rounds, random, signal, pause, progress } = turns;
  const samples: number[][][] = subjects.map(() => []);
  const indices = subjects.map((_, index) => index);
  for (let round = 0; round < rounds; round++) {
    for (const index of random.shuffled(indices)) {
      signal.throwIfAborted();
      await sleep(pause);
      (samples[index] as number[][]).push(await turn(subjects[index] as Subject));
    }
    progress?.(round + 1, rounds);
  }
  return samples;
}
