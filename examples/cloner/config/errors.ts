/** What is wrong with a configuration, where it stands. */

/** A line of a configuration file. */
export interface Place {
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

/** A value that cannot be; the reader adds the place and the key. */
export class ValueError extends Error {
  override readonly name = 'ValueError';
}

/** All that is wrong with one container's configuration, a line each: 'FILE:LINE: …'. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly code = 'ERR_CONFIG';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }
}

export const at = ({ file, line }: Place, what: string): string => `${file}:${line}: ${what}`;
