/**
 * How many descriptors all that look at cgroups together keep open: a quarter of what this program may have (setrlimit(2)),
 * and no more than some three hundred containers need. The files of further containers are opened each time.
 */
import { readFileSync } from 'node:fs';

const MOST_KEPT = 8192;
const SHARE = 4;
let most: number | undefined;
let kept = 0;

function mostKept(): number {
  if (most !== undefined) return most;
  const limit = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
  most = Math.min(MOST_KEPT, Math.floor(Number(limit ?? MOST_KEPT * SHARE) / SHARE));
  return most;
}

/** Whether so many more may be kept; counted as kept then. */
export function take(count: number): boolean {
  if (kept + count > mostKept()) return false;
  kept += count;
  return true;
}

export function giveBack(count: number): void {
  kept -= count;
}
