// Whether something built is newer than what it was built from, by modification times: a few hundred stat calls, 5 ms.
import { mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

const modified = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs;

/** The newest modification time at and below a path, 0 where there is nothing. Directories count: they change when a file goes. */
function newest(path) {
  const status = statSync(path, { throwIfNoEntry: false });
  if (!status) return 0;
  let latest = status.mtimeMs;
  if (status.isDirectory()) for (const name of readdirSync(path)) latest = Math.max(latest, newest(`${path}/${name}`));
  return latest;
}

/** @param {string} stamp a file that is there only after a complete build @param {string[]} sources files and directories */
export function isFresh(stamp, sources) {
  const built = modified(stamp);
  return built !== undefined && sources.every((source) => newest(source) <= built);
}

/** Say that a build which began at `began` (ms since the epoch) is complete: what changed meanwhile is newer than the stamp. */
export function markFresh(stamp, began) {
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, '');
  utimesSync(stamp, began / 1000, began / 1000);
}
