/**
 * What compilation learns from the host's files. A program holds for further launches of its kind as long as the host
 * gives the same answers, so they are kept and asked for again. What cannot change as long as this program runs (its
 * hierarchies, its capabilities) is read elsewhere, once.
 */
import { existsSync, readFileSync, statSync } from 'node:fs';

/** A question, and what the host said. */
export interface HostFact {
  readonly ask: () => string | boolean;
  readonly answer: string | boolean;
}

let facts: HostFact[] = [];

function noted<Answer extends string | boolean>(ask: () => Answer): Answer {
  const answer = ask();
  facts.push({ ask, answer });
  return answer;
}

/** What `ask` says, which must be quick: it is asked again before each launch. */
export const hostAnswer = (ask: () => string): string => noted(ask);

export const hostFile = (path: string): string => noted(() => readFileSync(path, 'utf8'));

export const isHostDirectory = (path: string): boolean =>
  noted(() => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false);

export const hostHas = (path: string): boolean => noted(() => existsSync(path));

/** What `make` makes, and all that it asked the host. */
export function withFacts<Made>(make: () => Made): { made: Made; facts: readonly HostFact[] } {
  facts = [];
  const made = make();
  return { made, facts };
}

/** Whether the host would say the same again. */
export const stillHold = (known: readonly HostFact[]): boolean =>
  known.every(({ ask, answer }) => {
    try {
      return ask() === answer;
    } catch {
      // It is compiled anew, and that says what is wrong.
      return false;
    }
  });
