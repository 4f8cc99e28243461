/** Checks and what came of them, for people: command → expected → got → ok / NOT ok. */
import type { Style } from './command-line.ts';

/** One question to the machine. */
export interface Check {
  /** What was done, as a person would type it. */
  readonly command: string;
  readonly expected: string;
  /** What came, in one line. */
  readonly got: string;
  readonly ok: boolean;
}

/** One check as lines. */
export function formatCheck({ command, expected, got, ok }: Check, { bold, dim, green, red }: Style): string {
  return [
    `${bold('$')} ${bold(command)}`,
    `    ${dim('expected')}  ${expected}`,
    `    ${dim('got     ')}  ${got}`,
    `    ${ok ? green('ok') : red('NOT ok')}`,
  ].join('\n');
}
