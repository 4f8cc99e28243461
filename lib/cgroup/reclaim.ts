/**
 * A memory limit below what is in use: v1 reclaims what it can, and refuses the limit when that is not enough; v2 kills. So
 * that a limit means the same everywhere, v2 is asked to reclaim first, and the limit is refused here.
 */
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { refusal, writeFile } from './files.ts';

/** @throws EBUSY, as v1 does */
export function makeRoom(directory: string, limit: number): void {
  const used = () => Number(readFileSync(`${directory}/memory.current`, 'utf8'));
  const excess = used() - limit;
  if (!(excess > 0)) return;
  try {
    writeFile(`${directory}/memory.reclaim`, String(excess));
  } catch (error) {
    // Before Linux 5.19 there is no such file, and the kernel does as it does. EAGAIN: not all of it could be reclaimed.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
  }
  if (used() > limit) throw refusal(`${directory}/memory.max`, String(limit), { errno: -constants.errno.EBUSY });
}
