/** Projects like those that use the package: made in a temporary directory, gone at the end of the test file. */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';

/** The top of the source tree. */
export const tree = fileURLToPath(new URL('../..', import.meta.url));

const made: string[] = [];
process.on('exit', () => {
  for (const path of made) rmSync(path, { recursive: true, force: true });
});

export function temporary(): string {
  const path = mkdtempSync(join(tmpdir(), 'cofferdam-package-'));
  made.push(path);
  return path;
}

/** This environment without what npm says to the scripts that it runs: they are about another package. */
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('npm_')));

/** Run a program in a project. Never rejects: the tests look at `exitCode`. */
export const run = (cwd: string, file: string, ...args: string[]) =>
  execa(file, args, { cwd, env, extendEnv: false, reject: false, all: true, stdin: 'ignore' });

/** An empty project. */
export function project(files: Record<string, string> = {}): string {
  const path = temporary();
  writeFileSync(join(path, 'package.json'), '{ "name": "user", "version": "1.0.0", "private": true }\n');
  for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text);
  return path;
}

export const install = (path: string, ...packages: string[]) =>
  run(path, 'npm', 'install', '--no-audit', '--no-fund', '--prefer-offline', ...packages);

let tarball: Promise<string> | undefined;

/** The package as `npm pack` makes it, made once a test file. */
export function pack(): Promise<string> {
  tarball ??= (async () => {
    const directory = temporary();
    const { exitCode, all } = await run(tree, 'npm', 'pack', '--pack-destination', directory);
    if (exitCode !== 0) throw new Error(`npm pack failed:\n${all}`);
    const name = readdirSync(directory).find((entry) => entry.endsWith('.tgz'));
    return join(directory, name as string);
  })();
  return tarball;
}

/** A project with the package in it. */
export async function installed(files: Record<string, string> = {}): Promise<string> {
  const path = project(files);
  const { exitCode, all } = await install(path, await pack());
  if (exitCode !== 0) throw new Error(`npm install failed:\n${all}`);
  return path;
}

/** A copy of a project, with another directory's name. */
export function copy(path: string): string {
  const other = join(temporary(), 'copy');
  mkdirSync(other);
  cpSync(path, other, { recursive: true, verbatimSymlinks: true });
  return other;
}
