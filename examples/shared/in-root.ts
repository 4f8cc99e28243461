/** Looking for files in a root file system, whose links are meant from its own top. */
import { lstatSync, readlinkSync, type Stats } from 'node:fs';
import { join } from 'node:path';

/** The kernel's own limit of links on one path (path_resolution(7)). */
const MOST_LINKS = 40;

/** What `path` is in `root`, links followed inside; undefined when it is not there. For messages, not for safety. */
export function statInRoot(root: string, path: string): Stats | undefined {
  const waiting = path.split('/').filter(Boolean);
  const at: string[] = [];
  let links = 0;
  let facts: Stats | undefined = lstatSync(root, { throwIfNoEntry: false });
  for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
    if (name === '.') continue;
    if (name === '..') {
      at.pop();
      continue;
    }
    const here = join(root, ...at, name);
    facts = lstatSync(here, { throwIfNoEntry: false });
    if (!facts) return undefined;
    if (!facts.isSymbolicLink()) {
      at.push(name);
      continue;
    }
    if (++links > MOST_LINKS) return undefined;
    const target = readlinkSync(here);
    if (target.startsWith('/')) at.length = 0;
    waiting.unshift(...target.split('/').filter(Boolean));
    facts = lstatSync(join(root, ...at), { throwIfNoEntry: false });
  }
  return facts;
}

/** The first of `paths` that is an executable file in `root`. */
export function findProgram(root: string, paths: readonly string[]): string | undefined {
  return paths.find((path) => {
    const facts = statInRoot(root, path);
    return facts?.isFile() === true && (facts.mode & 0o111) !== 0;
  });
}
