/** The examples' programs, as a person starts them. */
import { readFileSync } from 'node:fs';
import { execa } from 'execa';
import { typescriptFlags } from '../../scripts/setup/flags.js';

/** The top of the source tree. */
export const top = new URL('../../', import.meta.url);

export interface Ran {
  stdout: string;
  stderr: string;
  exitCode: number | undefined;
}

/** Run a program of the tree, as TypeScript or compiled, without a terminal, for `timeout` milliseconds at most. */
export async function example(
  path: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  timeout = 60_000,
): Promise<Ran> {
  const flags = path.endsWith('.ts') ? typescriptFlags() : [];
  const { stdout, stderr, exitCode } = await execa(process.execPath, [...flags, path, ...args], {
    cwd: top,
    env: { NO_COLOR: '1', ...env },
    stdin: 'ignore',
    reject: false,
    timeout,
  });
  return { stdout, stderr, exitCode };
}

/** One command of a page, and what the page says that it prints. */
export interface Step {
  command: string;
  expected: string[];
}

/** The `console` blocks of a Markdown page. */
export function stepsOf(path: string): Step[] {
  const text = readFileSync(new URL(path, top), 'utf8');
  return [...text.matchAll(/^```console\n(.*?)^```$/gms)].flatMap(([, block = '']) =>
    block
      .split(/^\$ /m)
      .filter((part) => part !== '')
      .map((part) => {
        const [command = '', ...expected] = part.trimEnd().split('\n');
        return { command, expected };
      }),
  );
}

const spaced = (line: string): string => line.trim().replace(/\s+/g, ' ');

/** Whether output is as a page has it: `…` stands for anything, alone on a line for any lines; spaces count as one. */
export function isAsExpected(output: string, expected: readonly string[]): boolean {
  const pattern = expected.map((line) =>
    line === '…'
      ? '(?:.*\n)*?'
      : `${spaced(line)
          .split('…')
          .map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
          .join('.*')}\n`,
  );
  const lines = output
    .split('\n')
    .map(spaced)
    .filter((line) => line !== '');
  return new RegExp(`^${pattern.join('')}$`).test(lines.map((line) => `${line}\n`).join(''));
}
