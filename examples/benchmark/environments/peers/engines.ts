/** podman and Docker: engines with images and storage of their own, here with the limits of all others. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { Peer } from '../commands.ts';
import { COMMAND, HOSTNAME, LIMITS, SLEEPER } from '../specification.ts';

const LIMITED = [
  ...['--hostname', HOSTNAME, '--network', 'none', '--security-opt', 'no-new-privileges'],
  ...['--security-opt', 'seccomp=unconfined', '--memory', String(LIMITS.memory)],
  ...['--pids-limit', String(LIMITS.pids), '--cpus', String(LIMITS.cpus)],
];

/** Storage of its own in the run's directory, so that nothing of it stays. */
export function podman(rootfs: string, directory: string): Peer {
  const state = join(directory, `podman-${process.pid}`);
  const words = (...rest: string[]) => [
    'podman',
    ...['--root', join(state, 'root'), '--runroot', join(state, 'run'), '--tmpdir', join(state, 'tmp')],
    ...['--cgroup-manager', 'cgroupfs', '--events-backend', 'none'],
    ...rest,
  ];
  const run = (id: string, ...rest: string[]) => words('run', '--name', id, ...LIMITED, ...rest);
  return {
    name: 'podman',
    launch: (id) => run(id, '--rm', '--read-only', '--rootfs', rootfs, ...COMMAND),
    hold: (id) => run(id, '--detach', '--read-only', '--rootfs', rootfs, ...SLEEPER),
    exec: (id) => words('exec', id, ...COMMAND),
    remove: (id) => words('rm', '--force', '--time', '0', id),
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
