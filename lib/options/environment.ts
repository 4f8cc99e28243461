/** A process's environment. Nothing of this program's own gets in: what is not given or a default is not there. */
import { type Check, invalidValue, map, member, string } from './check.ts';
import { DEFAULTS } from './defaults.ts';

function key(name: string, option: string): void {
  if (name === '' || name.includes('=') || name.includes('\0'))
    throw invalidValue(member(option, name), "must have a name that is not empty and has no '=' or NUL byte", name);
}

export const env: Check<Readonly<Record<string, string>>> = map(key, string);

export interface Environment {
  env: readonly string[];
  home: boolean;
  path: string;
}

/** As execve(2) takes it, with PATH, HOME and (on a terminal) TERM where they are not given. */
export function environment(given: Readonly<Record<string, string>>, tty: boolean): Environment {
  const entries = Object.entries(given).map(([name, value]) => `${name}=${value}`);
  const home = given.HOME === undefined;
  const path = given.PATH ?? DEFAULTS.process.path;
  if (given.PATH === undefined) entries.push(`PATH=${path}`);
  // Filled in by `identity`, which alone knows who the user is.
  if (home) entries.push('HOME=');
  if (tty && given.TERM === undefined) entries.push(`TERM=${DEFAULTS.process.term}`);
  return { env: Object.freeze(entries), home, path };
}
