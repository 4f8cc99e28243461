/** Words of a command line, by a command's table. */
import { parseArgs } from 'node:util';
import { closest } from '../options/closest.ts';
import { COMMON, type Command, type Options, UsageError, type Values } from './command.ts';
import { synopsis } from './help.ts';

export interface Parsed<Table extends Options> {
  readonly values: Values<Table>;
  /** `--help` or `--version`, whichever comes first: nothing else counts then. */
  readonly asks: keyof typeof COMMON | undefined;
  /** The words among the options. */
  readonly words: readonly string[];
  /** The words after `--`. */
  readonly rest: readonly string[];
}

const label = (name: string): string => `--${name}`;

function strayWord(word: string, command: Command, parents: readonly string[]): UsageError {
  const npm = `npm run ${[...parents, command.name].join(' -- ')}${parents.length > 0 ? '' : ' --'} --OPTION …`;
  const where = command.runs
    ? `a command goes after '--': ${[...parents, command.name].join(' ')} [OPTIONS] -- ${word} …`
    : `${command.name} takes ${command.words ? `no more than ${command.words.join(' ')}` : 'options only'}`;
  return new UsageError(
    `unexpected word '${word}'; ${where}. npm keeps options for itself unless its own '--' comes first: ${npm}`,
  );
}

/** @throws {UsageError} unless `taken` are as many words as the command asks for */
function checkWords(taken: readonly string[], command: Command, parents: readonly string[]): void {
  const { words = [] } = command;
  const missing = words.slice(taken.length).find((word) => !word.startsWith('['));
  if (missing !== undefined) throw new UsageError(`needs ${missing}: ${synopsis(command, parents)}`);
  if (taken.length > words.length && !words.at(-1)?.includes('...'))
    throw strayWord(taken[words.length] as string, command, parents);
}

function unknownOption(raw: string, names: readonly string[]): UsageError {
  const near = closest(raw.replace(/^-+/, ''), names);
  return new UsageError(`unknown option '${raw}'${near ? `; did you mean '${label(near)}'?` : ''}`);
}

function convert(name: string, text: string, parse: (text: string) => unknown): unknown {
  try {
    return parse(text);
  } catch (error) {
    if (error instanceof UsageError) throw new UsageError(`${label(name)}: ${error.message}`);
    throw error;
  }
}

/**
 * @param parents Names of the commands that this is a subcommand of.
 * @throws {UsageError}
 */
export function parse<Table extends Options>(
  command: Command<Table>,
  words: readonly string[],
  parents: readonly string[] = [],
): Parsed<Table> {
  const table: Options = { ...command.options, ...COMMON };
  const end = words.indexOf('--');
  const front = end < 0 ? [...words] : words.slice(0, end);
  const rest = end < 0 ? [] : words.slice(end + 1);
  if (rest.length > 0 && command.runs === undefined) throw strayWord(rest[0] as string, command, parents);

  const { tokens } = parseArgs({
    args: front,
    strict: false,
    tokens: true,
    allowPositionals: true,
    options: Object.fromEntries(
      Object.entries(table).map(([name, { value, short }]) => [
        name,
        {
          type: value === undefined ? ('boolean' as const) : ('string' as const),
          ...(short !== undefined && { short }),
        },
      ]),
    ),
  });

  const given = new Map<string, string[]>();
  const taken: string[] = [];
  let asks: Parsed<Table>['asks'];
  for (const token of tokens) {
    if (token.kind === 'option-terminator') continue;
    if (token.kind === 'positional') {
      if (asks) break;
      taken.push(token.value);
      continue;
    }
    const { name, rawName, value, inlineValue } = token;
    const row = Object.hasOwn(table, name) ? table[name] : undefined;
    if (!row) {
      if (asks) break;
      throw unknownOption(rawName, Object.keys(table));
    }
    if (row.value === undefined) {
      if (value !== undefined) throw new UsageError(`${rawName} takes no value, got '${value}'`);
      if (Object.hasOwn(COMMON, name)) asks ??= name as keyof typeof COMMON;
      given.set(name, ['']);
      continue;
    }
    // A value that looks like an option is one, whose own value was forgotten; --name=-value says that it is none.
    if (value === undefined || (!inlineValue && value.startsWith('-') && value !== '-')) {
      if (asks) break;
      throw new UsageError(`${rawName} needs a value: ${rawName} ${row.value}`);
    }
    given.set(name, [...(row.repeats ? (given.get(name) ?? []) : []), value]);
  }

  if (!asks) checkWords(taken, command as Command, parents);

  const values: Record<string, unknown> = Object.create(null);
  for (const [name, row] of Object.entries(command.options)) {
    const texts = given.get(name) ?? [];
    const text = texts[0] ?? row.default;
    if (row.value === undefined) values[name] = given.has(name);
    else if (row.repeats) values[name] = asks ? [] : texts.map((each) => convert(name, each, row.parse));
    else if (text === undefined) values[name] = undefined;
    else if (!asks) values[name] = convert(name, text, row.parse);
  }
  return { values: values as Values<Table>, asks, words: taken, rest };
}
