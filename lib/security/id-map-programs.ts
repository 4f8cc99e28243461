/** newuidmap(1) and newgidmap(1): they may map what /etc/subuid and /etc/subgid give to a user. */
import { accessSync, constants } from 'node:fs';

export interface IDMapPrograms {
  uid: string;
  gid: string;
}

/** Not by this program's PATH: they run with root's rights. */
const DIRECTORIES = ['/usr/bin', '/bin', '/usr/local/bin', '/run/wrappers/bin', '/run/current-system/sw/bin'];

function find(name: string): string | undefined {
  return DIRECTORIES.map((directory) => `${directory}/${name}`).find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

let found: IDMapPrograms | undefined | 'not looked for' = 'not looked for';

/** Undefined unless both are there. */
export function findPrograms(): IDMapPrograms | undefined {
  if (found !== 'not looked for') return found;
  const [uid, gid] = [find('newuidmap'), find('newgidmap')];
  found = uid && gid ? { uid, gid } : undefined;
  return found;
}
