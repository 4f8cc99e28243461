/** From the process's arguments to its exit status. */
import { constants } from 'node:os';
import { COMMON, type Command, type Options, UsageError, type Values, WRONG_USAGE } from './command.ts';
import { help } from './help.ts';
import { parse } from './parse.ts';

/** What a command's work is given. */
export interface Invocation<Table extends Options> {
  readonly values: Values<Table>;
  /** As many as the command's `words` ask for. */
  readonly words: readonly string[];
  /** The words after `--`. */
  readonly rest: readonly string[];
  /** A line on standard error, with the command's name. */
  notice(text: string): void;
}

/** The work of a command: resolves with the exit status. */
export type Work<Table extends Options> = (invocation: Invocation<Table>) => Promise<number> | number;

/** What `run()` acts with; a test gives its own. */
export interface Surroundings {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

export const STATUS = { usage: WRONG_USAGE, ourFailure: 125, notExecutable: 126, notFound: 127 } as const;

const STATUSES: Readonly<Record<string, number>> = {
  ERR_COMMAND_NOT_FOUND: STATUS.notFound,
  ERR_COMMAND_NOT_EXECUTABLE: STATUS.notExecutable,
};

/** The exit status that an error is. */
export function statusOf(error: unknown): number {
  return STATUSES[(error as NodeJS.ErrnoException).code ?? ''] ?? STATUS.ourFailure;
}

/** The exit status that the end of a process is, as a shell would have it. */
export function statusOfExit({ exitCode, signal }: { exitCode: number | null; signal: NodeJS.Signals | null }): number {
  if (signal === null) return exitCode ?? STATUS.ourFailure;
  return 128 + (constants.signals[signal] ?? Number(/^SIG(\d+)$/.exec(signal)?.[1] ?? 0));
}

const ours: Surroundings = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
};

/** Parse, and answer or work. Never rejects for what a user can cause. */
export async function run<Table extends Options>(
  command: Command<Table>,
  version: string,
  words: readonly string[],
  work: Work<Table>,
  { out, err }: Surroundings = ours,
  parents: readonly string[] = [],
): Promise<number> {
  const name = [...parents, command.name].join(' ');
  const notice = (text: string): void => err(`${name}: ${text}\n`);
  try {
    const { values, asks, words: taken, rest } = parse(command, words, parents);
    if (asks) {
      out(asks === 'help' ? help(command as Command, parents) : `${parents[0] ?? command.name} ${version}\n`);
      return 0;
    }
    return await work({ values, words: taken, rest, notice });
  } catch (error) {
    if (error instanceof UsageError) {
      notice(`${error.message}\n(see ${name} --help)`);
      return command.usageStatus ?? WRONG_USAGE;
    }
    // A programming error of ours deserves its stack; what has a code is for the user.
    const told =
      error instanceof Error && 'code' in error ? error.message : error instanceof Error ? error.stack : error;
    notice(String(told));
    return statusOf(error);
  }
}

/** A command that only has subcommands: the first word says which. */
export async function dispatch(
  command: Command,
  version: string,
  words: readonly string[],
  works: Readonly<Record<string, Work<Options>>>,
  surroundings: Surroundings = ours,
): Promise<number> {
  const { subcommands = [], usageStatus = WRONG_USAGE } = command;
  const [first, ...others] = words;
  const chosen = subcommands.find(({ name }) => name === first);
  const work = chosen && works[chosen.name];
  if (chosen && work) return run(chosen, version, others, work, surroundings, [command.name]);
  if (first === undefined || first.startsWith('-')) {
    const { out, err } = surroundings;
    const asked = words.some((word) => word === '-h' || Object.keys(COMMON).some((name) => word === `--${name}`));
    if (asked) return run(command, version, words, () => 0, surroundings);
    err(`${command.name}: ${first === undefined ? 'which command?' : `unknown option '${first}'`}\n`);
    (first === undefined ? err : out)(first === undefined ? help(command) : '');
    return usageStatus;
  }
  const names = subcommands.map(({ name }) => name).join(', ');
  surroundings.err(
    `${command.name}: there is no command '${first}'; there are ${names} (see ${command.name} --help)\n`,
  );
  return usageStatus;
}

/** A whole program: what `main()` of another language would be. */
export async function main(status: Promise<number>): Promise<void> {
  // A reader that has seen enough (head) is no error of ours.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(128 + constants.signals.SIGPIPE);
    throw error;
  });
  process.exitCode = await status;
}
