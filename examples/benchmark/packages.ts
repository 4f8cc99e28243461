/** `--install`: what a suite needs and compares with, as Debian packages, of which none may start a service. */
import { existsSync, readdirSync, readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { which } from '../../scripts/setup/programs.js';
import { UsageError } from '../shared/command-line.ts';

/** invoke-rc.d(8) asks it before it starts anything; 101 is "not allowed". */
const POLICY = '/usr/sbin/policy-rc.d';
const DENY = '#!/bin/sh\nexit 101\n';

/** Links by which systemd starts services at the next boot. */
const UNITS = '/etc/systemd/system';

/** Paths of all such links. */
function enabledUnits(directory = UNITS): Set<string> {
  const entries = existsSync(directory) ? readdirSync(directory, { recursive: true, withFileTypes: true }) : [];
  return new Set(
    entries
      .filter((entry) => entry.isSymbolicLink() && /\.(wants|requires)$/.test(entry.parentPath))
      .map((entry) => join(entry.parentPath, entry.name)),
  );
}

/** Take away the links that were not there before. Gives their names. */
export function disableNew(before: ReadonlySet<string>, directory = UNITS): string[] {
  const added = [...enabledUnits(directory)].filter((path) => !before.has(path));
  for (const path of added) unlinkSync(path);
  return added.map((path) => path.slice(path.lastIndexOf('/') + 1));
}

/** What `work` installs starts nothing, neither now nor at the next boot. */
export async function withoutServices<T>(work: () => Promise<T>, policy = POLICY, units = UNITS): Promise<T> {
  const theirs = existsSync(policy) ? readFileSync(policy, 'utf8') : undefined;
  if (theirs !== undefined && theirs !== DENY && !/exit 101/.test(theirs))
    throw new UsageError(
      `--install: ${policy} is this machine's own and may let services start; move it away, or install by hand`,
    );
  const before = enabledUnits(units);
  if (theirs === undefined) writeFileSync(policy, DENY, { mode: 0o755, flag: 'wx' });
  try {
    return await work();
  } finally {
    disableNew(before, units);
    if (theirs === undefined) rmSync(policy, { force: true });
  }
}

/**
 * Install packages that this machine's apt has; what it does not have is told, and is then missing as before.
 * @throws {UsageError} without apt
 */
export async function installPackages(names: readonly string[], notice: (text: string) => void): Promise<void> {
  if (names.length === 0) return;
  if (!which('apt-get')) throw new UsageError('--install: this machine has no apt-get; install them by hand');
  const apt = (args: readonly string[]) =>
    execa('apt-get', ['-o', 'DPkg::Lock::Timeout=120', ...args], {
      env: { DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' },
      stdin: 'ignore',
      stdout: 2,
      stderr: 2,
      reject: false,
      // Ctrl-C is for the benchmark; a package manager that is cut short leaves packages half there.
      detached: true,
    });
  notice(`installing ${names.join(', ')}; none of them may start a service`);
  await withoutServices(async () => {
    await apt(['update', '-qq']);
    const install = (some: readonly string[]) => apt(['install', '-y', '-qq', '--no-install-recommends', ...some]);
    const { exitCode } = await install(names);
    // All at once failed: one that is not in this release must not take the others with it.
    if (exitCode !== 0) for (const name of names) await install([name]);
  });
}
