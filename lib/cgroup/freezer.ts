/** Freeze and thaw all processes of a cgroup: cgroup.freeze of v2, the freezer of v1. */
import { readFileSync, watch, writeFileSync } from 'node:fs';
import type { Place } from './placement.ts';

/** v2 tells the end of freezing in cgroup.events; v1 has to be asked again, as its notification does not exist. */
const ASK_AGAIN = 1;

/** A cgroup by which processes are frozen. */
export interface FreezerGroup {
  path: string;
  version: 1 | 2;
}

/** The file that says whether they are, and what it says then. */
export const stateFileOf = ({ path, version }: FreezerGroup): string =>
  version === 2 ? `${path}/cgroup.events` : `${path}/freezer.state`;

export const saysFrozen = (text: string): boolean => /^(FROZEN|frozen 1)$/m.test(text);

/** Whether every process of a cgroup is frozen. */
export const isFrozen = (group: FreezerGroup): boolean => saysFrozen(readFileSync(stateFileOf(group), 'utf8'));

const frozen = ({ path, hierarchy: { version } }: Place): boolean => isFrozen({ path, version });

/** Resolves when every process is frozen. Rejects thawing again, with `signal.reason` among others. */
export async function freeze(place: Place, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  const v2 = place.hierarchy.version === 2;
  writeFileSync(v2 ? `${place.path}/cgroup.freeze` : `${place.path}/freezer.state`, v2 ? '1' : 'FROZEN');
  try {
    if (!frozen(place)) await untilFrozen(place, signal);
  } catch (error) {
    thaw(place);
    throw error;
  }
}

function untilFrozen(place: Place, signal?: AbortSignal): Promise<void> {
  const v2 = place.hierarchy.version === 2;
  return new Promise<void>((resolve, reject) => {
    const finish = (settle: () => void) => {
      watcher?.close();
      clearInterval(timer);
      signal?.removeEventListener('abort', onAbort);
      settle();
    };
    const look = () => {
      try {
        if (frozen(place)) finish(resolve);
        else if (!v2) writeFileSync(`${place.path}/freezer.state`, 'FROZEN');
      } catch (error) {
        finish(() => reject(error));
      }
    };
    const onAbort = () => finish(() => reject(signal?.reason));
    const watcher = v2 ? watch(`${place.path}/cgroup.events`, look) : undefined;
    const timer = v2 ? undefined : setInterval(look, ASK_AGAIN);
    signal?.addEventListener('abort', onAbort, { once: true });
    // Frozen between the first look and the watch.
    look();
  });
}

/** A cgroup that is gone (a process that was frozen and killed is, before anybody can thaw it) has nothing to thaw. */
export function thaw(place: Place): void {
  const v2 = place.hierarchy.version === 2;
  try {
    writeFileSync(v2 ? `${place.path}/cgroup.freeze` : `${place.path}/freezer.state`, v2 ? '0' : 'THAWED');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'ENODEV') throw error;
  }
}
