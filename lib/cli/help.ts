/** The text of `--help`. */
import { COMMON, type Command, type Option, WRONG_USAGE } from './command.ts';

const WIDTH = 100;

/** `text` in lines of at most `width`, each but the first after `indent` spaces. */
export function wrap(text: string, width: number, indent = 0): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  lines.push(line);
  return lines.join(`\n${' '.repeat(indent)}`);
}

/** A table in two columns. */
function columns(rows: readonly (readonly [left: string, right: string])[]): string {
  const left = Math.max(...rows.map(([text]) => text.length)) + 4;
  return rows.map(([term, text]) => `  ${term.padEnd(left - 2)}${wrap(text, WIDTH - left, left)}`).join('\n');
}

/** '-h, --help', '    --rootfs DIR'. */
export function spelled(name: string, { short, value }: Option<unknown>): string {
  return `${short === undefined ? '    ' : `-${short}, `}--${name}${value === undefined ? '' : ` ${value}`}`;
}

/** With its default. */
export const meaning = ({ help, default: preset }: Option<unknown>): string =>
  preset === undefined ? help : `${help} (default ${preset})`;

export function synopsis(command: Command, parents: readonly string[] = []): string {
  const words = [...parents, command.name];
  if (command.subcommands) return [...words, 'COMMAND', '[OPTIONS]'].join(' ');
  return [...words, '[OPTIONS]', ...(command.words ?? []), ...(command.runs ? [command.runs] : [])].join(' ');
}

/** @param parents Names of the commands that this is a subcommand of. */
export function help(command: Command, parents: readonly string[] = []): string {
  const options = { ...command.options, ...COMMON };
  const sections = [
    `Usage: ${synopsis(command, parents)}`,
    command.description.map((paragraph) => wrap(paragraph, WIDTH)).join('\n\n'),
  ];
  if (command.subcommands)
    sections.push(`Commands:\n${columns(command.subcommands.map(({ name, summary }) => [name, summary]))}`);
  sections.push(
    `Options:\n${columns(Object.entries(options).map(([name, row]) => [spelled(name, row), meaning(row)]))}`,
  );
  if (command.environment) sections.push(`Environment:\n${columns(command.environment)}`);
  const { usageStatus = WRONG_USAGE, statuses = [] } = command;
  sections.push(`Exit status:\n${columns([[String(usageStatus), 'wrong usage; nothing was touched'], ...statuses])}`);
  const examples = command.examples.map(([line, what]) => `  ${line}\n      ${what}`);
  sections.push(`${examples.length > 1 ? 'Examples' : 'Example'}:\n${examples.join('\n')}`);
  return `${sections.join('\n\n')}\n`;
}
