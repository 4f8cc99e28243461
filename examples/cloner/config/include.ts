/** The entries of a file and of what it includes, each with its place. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { at, type Place } from './errors.ts';
import { linesOf } from './lines.ts';

/** One key with its value. */
export interface Entry extends Place {
  readonly key: string;
  readonly value: string;
}

const INCLUDE = 'lxc.include';
/** Deeper than this nobody nests, unless a file includes itself. */
const DEEPEST = 16;

const reasonOf = (error: unknown): string => {
  const { code, message } = error as NodeJS.ErrnoException;
  return { ENOENT: 'is not there', EACCES: 'may not be read', ENOTDIR: 'is not there' }[code ?? ''] ?? message;
};

/**
 * A directory stands for its files that end in .conf, in order. One that is written with a slash at its end may be missing:
 * Debian's userns.conf names such a place for additions.
 */
function filesOf(written: string, path: string): string[] {
  const facts = statSync(path, { throwIfNoEntry: !written.endsWith('/') });
  if (!facts) return [];
  if (!facts.isDirectory()) return [path];
  return readdirSync(path)
    .filter((name) => name.endsWith('.conf'))
    .sort()
    .map((name) => join(path, name));
}

/**
 * All entries in the order in which they count.
 * @param problems Gets what is wrong, with its place.
 */
export function entriesOf(text: string, file: string, problems: string[], depth = 0): Entry[] {
  return linesOf(text).flatMap((each, index): Entry[] => {
    const place = { file, line: index + 1 };
    if (each.strange) problems.push(at(place, `'${each.text.trim()}' is not KEY = VALUE`));
    if (each.key === undefined || each.value === undefined) return [];
    if (each.key !== INCLUDE) return [{ ...place, key: each.key, value: each.value }];
    return included({ ...place, key: each.key, value: each.value }, problems, depth + 1);
  });
}

function included(entry: Entry, problems: string[], depth: number): Entry[] {
  if (depth > DEEPEST) {
    problems.push(at(entry, `${INCLUDE}: more than ${DEEPEST} files deep; does one include itself?`));
    return [];
  }
  const path = resolve(dirname(entry.file), entry.value);
  try {
    return filesOf(entry.value, path).flatMap((file) => entriesOf(readFileSync(file, 'utf8'), file, problems, depth));
  } catch (error) {
    problems.push(at(entry, `${INCLUDE}: ${path} ${reasonOf(error)}`));
    return [];
  }
}
