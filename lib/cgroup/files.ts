/** Files of cgroups: each takes one write(2), without truncation, and says no by an errno. */
import { closeSync, constants as flags, openSync, readdirSync, readFileSync, writeSync } from 'node:fs';
import { constants } from 'node:os';
import { systemError } from '../program/failure.ts';
import { operation } from '../program/operation.ts';

/** @throws {CofferdamSystemError} naming file, value and errno */
export function writeFile(path: string, value: string): void {
  let file: number | undefined;
  try {
    file = openSync(path, flags.O_WRONLY);
    writeSync(file, value);
  } catch (cause) {
    throw refusal(path, value, cause);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** The error of a write that the kernel refused, with the remedy that launches have for it. */
export function refusal(path: string, value: string, cause: unknown): Error {
  const { errno = -constants.errno.EIO } = cause as NodeJS.ErrnoException;
  return systemError(-errno, operation('write', { path, data: Buffer.from(value) }));
}

/** What a directory holds; nothing when it is gone. */
function directoriesIn(path: string): string[] {
  try {
    return readdirSync(path, { withFileTypes: true }).flatMap((each) => (each.isDirectory() ? [each.name] : []));
  } catch {
    return [];
  }
}

/** Processes of a cgroup itself. */
export function listed(path: string): number[] {
  try {
    return readFileSync(`${path}/cgroup.procs`, 'utf8').split('\n').filter(Boolean).map(Number);
  } catch {
    // Gone; or threaded (cgroups(7)), and then its processes are listed further up.
    return [];
  }
}

/** Processes of a cgroup and of those that its container made below it, by their pids here. */
export const members = (path: string): number[] => [
  ...new Set([...listed(path), ...directoriesIn(path).flatMap((name) => members(`${path}/${name}`))]),
];
