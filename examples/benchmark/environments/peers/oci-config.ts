/** A bundle's config.json, as the OCI runtime specification has it, for the container of specification.ts. */
import { CAPABILITIES, HOSTNAME, LIMITS, MASKED_PATHS, PATH, READONLY_PATHS } from '../specification.ts';

/** The kernel's default period, microseconds. */
const PERIOD = 100_000;

const RESTRICTED = ['nosuid', 'nodev', 'noexec'];

const MOUNTS: readonly (readonly [type: string, destination: string, options: readonly string[]])[] = [
  ['proc', '/proc', RESTRICTED],
  ['sysfs', '/sys', [...RESTRICTED, 'ro']],
  ['tmpfs', '/dev', ['nosuid', 'noexec', 'strictatime', 'mode=0755', 'size=64k']],
  ['devpts', '/dev/pts', ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620', 'gid=5']],
  ['tmpfs', '/dev/shm', [...RESTRICTED, 'mode=1777', 'size=64m']],
  ['mqueue', '/dev/mqueue', RESTRICTED],
];

const NAMESPACES = ['pid', 'mount', 'uts', 'ipc', 'network', 'cgroup'];

/**
 * An OCI runtime mounts no overlay: whoever calls it has to. The directory itself, read-only, is the cheapest that a
 * user can give it, and less work than the other environments do.
 */
export function ociConfig(rootfs: string, command: readonly string[]) {
  const capabilities = [...CAPABILITIES];
  return {
    ociVersion: '1.0.2',
    hostname: HOSTNAME,
    root: { path: rootfs, readonly: true },
    process: {
      args: [...command],
      cwd: '/',
      env: [`PATH=${PATH}`, 'HOME=/root'],
      user: { uid: 0, gid: 0, umask: 0o022 },
      noNewPrivileges: true,
      capabilities: { bounding: capabilities, effective: capabilities, permitted: capabilities },
    },
    mounts: MOUNTS.map(([type, destination, options]) => ({ type, source: type, destination, options: [...options] })),
    linux: {
      namespaces: NAMESPACES.map((type) => ({ type })),
      resources: {
        memory: { limit: LIMITS.memory },
        pids: { limit: LIMITS.pids },
        cpu: { quota: LIMITS.cpus * PERIOD, period: PERIOD },
      },
      maskedPaths: [...MASKED_PATHS],
      readonlyPaths: [...READONLY_PATHS],
    },
  };
}
