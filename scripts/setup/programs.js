import { accessSync, constants } from 'node:fs';

// Debian keeps a plain user's PATH free of sbin, where some of what we look for lives.
const directories = () => [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/sbin'].filter(Boolean);

/** The path of a program, or undefined. */
export function which(name) {
  for (const directory of directories()) {
    const path = `${directory}/${name}`;
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // not in this directory
    }
  }
  return undefined;
}
