/** The machine that figures are of. */
import { readFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem, version } from 'node:os';

export interface Machine {
  cpu: string;
  cpus: number;
  /** Bytes. */
  memory: number;
  kernel: string;
  system: string;
  /** cgroup file systems: 'v1', 'v2' or 'v1 and v2'. */
  cgroups: string;
  /** Of the last minute, when the run began. */
  load: number;
  /** The same when it ended: what it did itself is in it. */
  loadAfter?: number;
}

const textOf = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
};

/** PRETTY_NAME of os-release(5). */
export const systemName = (osRelease: string): string =>
  /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(osRelease)?.[1] ?? 'unknown';

/** Which cgroup versions a mountinfo of proc(5) shows. */
export function cgroupVersions(mountInfo: string): string {
  const has = (type: string) => mountInfo.includes(` - ${type} `);
  return [has('cgroup') && 'v1', has('cgroup2') && 'v2'].filter(Boolean).join(' and ') || 'none';
}

export function describeMachine(): Machine {
  const all = cpus();
  return {
    cpu: all[0]?.model ?? 'unknown',
    cpus: all.length,
    memory: totalmem(),
    kernel: `${release()} ${version()}`,
    system: systemName(textOf('/etc/os-release')),
    cgroups: cgroupVersions(textOf('/proc/self/mountinfo')),
    load: loadavg()[0] ?? 0,
  };
}
