/**
 * A command line as one table: what it is called, what it takes, what it is for. Parsing, `--help`, the man page and the
 * shells' completions all come from it, so that they cannot disagree.
 *
 * Nothing in this folder loads the library: `--help` works where the library cannot.
 */

/** Wrong usage: said in one line, with an exit status of its own, before anything is touched. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Its exit status, where a command does not say otherwise. */
export const WRONG_USAGE = 2;

/** What a shell offers for a value. */
export type Completion = 'file' | 'directory' | readonly string[];

/** One option. `Value` is what its text becomes. */
export interface Option<Value> {
  /** What its value is called in help texts, 'DIR'. Absent: a flag. */
  readonly value?: string;
  /** One letter. */
  readonly short?: string;
  /** One sentence without a full stop. */
  readonly help: string;
  /** The text that stands for an absent one. */
  readonly default?: string;
  /** It may be given more than once: its value is an array, of all. */
  readonly repeats?: true;
  readonly complete?: Completion;
  /** @throws {UsageError} with what is wrong with `text`, and what would be right */
  readonly parse: (text: string) => Value;
}

// biome-ignore lint/suspicious/noExplicitAny: a table's rows have values of different types
export type Options = Readonly<Record<string, Option<any>>>;

type ValueOf<O> = O extends { value: string; repeats: true; parse: (text: string) => infer Value }
  ? readonly Value[]
  : O extends { value: string; default: string; parse: (text: string) => infer Value }
    ? Value
    : O extends { value: string; parse: (text: string) => infer Value }
      ? Value | undefined
      : boolean;

/** What a table's options come to: a flag is a boolean, an option without a default may be undefined, one that repeats is an array. */
export type Values<Table extends Options> = { readonly [Name in keyof Table]: ValueOf<Table[Name]> };

/** A command, or a subcommand of one. */
export interface Command<Table extends Options = Options> {
  readonly name: string;
  /** One line, for lists of commands and NAME sections. */
  readonly summary: string;
  /** Paragraphs. */
  readonly description: readonly string[];
  readonly options: Table;
  /** Words that it takes, in order, as help texts call them: 'NAME', '[PORT]' when it may be absent, 'TEXT...' for one or more. */
  readonly words?: readonly string[];
  /** It runs a command of the user's, given after `--`: '[-- COMMAND ARG...]'. */
  readonly runs?: string;
  /** Command lines, each with what it does. The first stands in `--help` too. */
  readonly examples: readonly (readonly [line: string, meaning: string])[];
  readonly environment?: readonly (readonly [name: string, meaning: string])[];
  readonly subcommands?: readonly Command[];
  /** Exit status of wrong usage. Default WRONG_USAGE. */
  readonly usageStatus?: number;
  /** Exit statuses beside 0 and that of wrong usage. */
  readonly statuses?: readonly (readonly [status: string, meaning: string])[];
}

/** A command with the types of its own table. */
export const command = <const Table extends Options>(made: Command<Table>): Command<Table> => made;

/** An option without a value. */
export const flag = (help: string, short?: string): Option<boolean> => ({
  help,
  ...(short !== undefined && { short }),
  parse: () => true,
});

/** Every command has these. */
export const COMMON = {
  help: flag('show this and exit', 'h'),
  version: flag('show the version and exit'),
} as const satisfies Options;

/** Statuses of every command that runs another. */
export const RUNNING_STATUSES = [
  ['125', 'this program failed; nothing was run'],
  ['126', 'COMMAND cannot be executed'],
  ['127', 'COMMAND was not found'],
  ['128+N', 'COMMAND was ended by signal N'],
  ['other', "COMMAND's own exit status"],
] as const;
