/** The kernel's caches of files, dropped before something that reads them. */

import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { promisify } from 'node:util';

/** Why they cannot be dropped, or undefined when they are gone. */
export async function dropCaches(): Promise<string | undefined> {
  // What is not yet on the disk cannot be dropped.
  await promisify(execFile)('sync');
  try {
    writeFileSync('/proc/sys/vm/drop_caches', '3');
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
