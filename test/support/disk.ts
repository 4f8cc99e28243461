/** Small disks of their own, and full ones. */
import { execFileSync } from 'node:child_process';
import { closeSync, openSync, writeSync } from 'node:fs';
import type { Test } from 'tap';
import { eventually } from './program.ts';

/** Until there is no room for another page. */
export function fill(t: Test, ballast: string): void {
  const file = openSync(ballast, 'w');
  t.throws(
    () => {
      for (;;) writeSync(file, Buffer.alloc(4096));
    },
    { code: 'ENOSPC' },
  );
  closeSync(file);
}

/** Launcher and janitor of a program that has ended hold nothing of it; the kernel may take a moment. */
export const unmount = (disk: string): Promise<boolean> =>
  eventually(() => {
    try {
      execFileSync('umount', [disk], { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  });
