/**
 * An init for a root file system: busybox's, which reads /etc/inittab, starts what stands there, and ends the container on
 * `poweroff` or starts it anew on `reboot`. It is a few hundred KB and asks nothing of the container.
 */
import { chmodSync, existsSync, lstatSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const INITTAB = `# What busybox's init starts: ID::ACTION:COMMAND, where ID is a terminal in /dev or nothing.
# sysinit: first, and waited for. once: then. respawn: again whenever it ends. shutdown: before the container ends.
# A service of yours is one line, such as
#   ::respawn:/usr/local/bin/my-service
::sysinit:/etc/init.d/rcS
console::askfirst:-/bin/sh
::shutdown:/etc/init.d/rcK
`;

const RCS = `#!/bin/sh
# Run by init before everything else: each /etc/init.d/S* with 'start', then /etc/rc.local.
for script in /etc/init.d/S*; do
  [ -x "$script" ] && "$script" start
done
[ -x /etc/rc.local ] && /etc/rc.local
exit 0
`;

const RCK = `#!/bin/sh
# Run by init at the end: each /etc/init.d/S* with 'stop', the last one first.
for script in $(ls -r /etc/init.d/S* 2>/dev/null); do
  [ -x "$script" ] && "$script" stop
done
exit 0
`;

const PROGRAMS = ['init', 'halt', 'poweroff', 'reboot'] as const;

function write(path: string, text: string, mode: number): void {
  if (existsSync(path)) return;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  chmodSync(path, mode);
}

/** busybox's init understands these signals, and not the ones that LXC sends unless told. */
export const INIT_CONFIG: readonly string[] = [
  "# What busybox's init takes for 'halt' and for 'reboot'.",
  'lxc.signal.halt = SIGUSR1',
  'lxc.signal.reboot = SIGTERM',
];

/**
 * Files that are there stay.
 * @param busybox Absolute path in the root file system; /sbin/init and the like become links to it.
 */
export function giveInit(rootfs: string, busybox: string): void {
  write(join(rootfs, 'etc/inittab'), INITTAB, 0o644);
  write(join(rootfs, 'etc/init.d/rcS'), RCS, 0o755);
  write(join(rootfs, 'etc/init.d/rcK'), RCK, 0o755);
  for (const name of PROGRAMS) {
    const path = join(rootfs, 'sbin', name);
    if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) rmSync(path);
    if (!existsSync(path)) symlinkSync(busybox, path);
  }
}
