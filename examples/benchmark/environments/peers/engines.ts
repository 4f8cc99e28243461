/** podman and Docker: engines with images and storage of their own, here with the limits of all others. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Peer } from '../commands.ts';
import { COMMAND, HOSTNAME, LIMITS, SLEEPER } from '../specification.ts';

const LIMITED = [
  ...['--hostname', HOSTNAME, '--network', 'none', '--security-opt', 'no-new-privileges'],
  ...['--security-opt', 'seccomp=unconfined', '--memory', String(LIMITS.memory)],
  ...['--pids-limit', String(LIMITS.pids), '--cpus', String(LIMITS.cpus)],
];

/** Without them podman raises both as far as the kernel goes, which takes CAP_SYS_RESOURCE. */
const ULIMITS = ['--ulimit', 'nofile=1024:1024', '--ulimit', 'nproc=1024:1024'];

/**
 * Storage of its own in the run's directory, so that nothing of it stays. What has sockets is elsewhere until `forget()`:
 * podman refuses a runroot of more than 50 characters.
 */
export function podman(rootfs: string, directory: string): Peer & { forget(): void } {
  const root = join(directory, `podman-${process.pid}`);
  const state = mkdtempSync(join(tmpdir(), 'cofferdam-'));
  const words = (...rest: string[]) => [
    'podman',
    ...['--root', root, '--runroot', join(state, 'run'), '--tmpdir', join(state, 'tmp')],
    ...['--cgroup-manager', 'cgroupfs', '--events-backend', 'none'],
    ...rest,
  ];
  const run = (id: string, ...rest: string[]) => words('run', '--name', id, ...LIMITED, ...ULIMITS, ...rest);
  return {
    name: 'podman',
    launch: (id) => run(id, '--rm', '--read-only', '--rootfs', rootfs, ...COMMAND),
    hold: (id) => run(id, '--detach', '--read-only', '--rootfs', rootfs, ...SLEEPER),
    exec: (id) => words('exec', id, ...COMMAND),
    remove: (id) => words('rm', '--force', '--time', '0', id),
    forget: () => rmSync(state, { recursive: true, force: true }),
  };
}

/** The daemon that runs on this machine. The image is made once a process, and removed with `forget()`. */
export function docker(rootfs: string): Peer & { forget(): void } {
  const image = `cofferdam-bench-${process.pid}`;
  execFileSync('sh', ['-c', 'tar -C "$1" -c . | docker import - "$2"', 'sh', rootfs, image], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const run = (id: string, ...rest: string[]) => ['docker', 'run', '--name', id, ...LIMITED, ...rest];
  return {
    name: 'docker',
    launch: (id) => run(id, '--rm', image, ...COMMAND),
    hold: (id) => run(id, '--detach', image, ...SLEEPER),
    exec: (id) => ['docker', 'exec', id, ...COMMAND],
    remove: (id) => ['docker', 'rm', '--force', id],
    forget: () => void execFileSync('docker', ['image', 'rm', '--force', image], { stdio: 'ignore' }),
  };
}
