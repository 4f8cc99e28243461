/** Root file systems for tests. */

import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const made: string[] = [];
process.on('exit', () => {
  for (const path of made) rmSync(path, { recursive: true, force: true });
});

/** A directory that goes when the test file ends. */
export function temporary(name = 'test'): string {
  const path = mkdtempSync(join(tmpdir(), `cofferdam-${name}-`));
  made.push(path);
  return path;
}

const BUSYBOX = '/bin/busybox';

/** Why there is no busybox, or false. */
export const noBusybox: string | false = existsSync(BUSYBOX) ? false : 'busybox-static is not installed';

/** A fresh root file system with a static busybox, that a test may change. */
export function makeBusybox(): string {
  const root = temporary('busybox');
  for (const name of ['bin', 'etc', 'tmp', 'home', 'root', 'proc', 'sys', 'dev', 'run', 'var'])
    mkdirSync(join(root, name));
  cpSync(BUSYBOX, join(root, 'bin/busybox'));
  const applets = execFileSync(BUSYBOX, ['--list'], { encoding: 'utf8' }).split('\n').filter(Boolean);
  for (const applet of applets) if (applet !== 'busybox') symlinkSync('busybox', join(root, 'bin', applet));
  writeFileSync(
    join(root, 'etc/passwd'),
    'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\nalice:x:1000:1000::/home/alice:/bin/sh\n',
  );
  writeFileSync(join(root, 'etc/group'), 'root:x:0:\nalice:x:1000:\naudio:x:29:alice\nvideo:x:44:alice,bob\n');
  return root;
}

let shared: string | undefined;

/** One for all tests of a file that only read it. */
export function busybox(): string {
  shared ??= makeBusybox();
  return shared;
}
