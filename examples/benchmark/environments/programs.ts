/** Programs of this machine that are measured or needed: their packages, and which version of them is here. */
import { spawnSync } from 'node:child_process';
import type { Missing } from '../result.ts';

interface Program {
  /** Debian's packages, with spaces between. */
  readonly package: string;
  /** What makes it say its version; undefined when nothing does. */
  readonly version?: readonly string[];
  /** Where it is, when that is not in PATH for everybody. */
  readonly paths?: readonly string[];
}

const PROGRAMS = {
  cc: { package: 'gcc libc6-dev', version: ['--version'] },
  unshare: { package: 'util-linux', version: ['--version'] },
  busybox: { package: 'busybox-static' },
  crun: { package: 'crun', version: ['--version'] },
  runc: { package: 'runc', version: ['--version'], paths: ['/usr/sbin/runc'] },
  'lxc-start': { package: 'lxc', version: ['--version'] },
  bwrap: { package: 'bubblewrap', version: ['--version'] },
  podman: { package: 'podman', version: ['--version'] },
  docker: { package: 'docker.io', version: ['--version'] },
  sysbench: { package: 'sysbench', version: ['--version'] },
  iostat: { package: 'sysstat', version: ['-V'] },
  nginx: { package: 'nginx-light', version: ['-v'], paths: ['/usr/sbin/nginx'] },
  wrk: { package: 'wrk', version: ['-v'] },
  'qemu-system-x86_64': { package: 'qemu-system-x86', version: ['--version'] },
  mmdebstrap: { package: 'mmdebstrap', version: ['--version'] },
  mke2fs: { package: 'e2fsprogs', version: ['-V'], paths: ['/usr/sbin/mke2fs', '/sbin/mke2fs'] },
  ip: { package: 'iproute2', version: ['-V'] },
} as const satisfies Readonly<Record<string, Program>>;

export type ProgramName = keyof typeof PROGRAMS;

export const packagesOf = (name: ProgramName): string[] => PROGRAMS[name].package.split(' ');

/** The version in what a program says of itself, without its own name. */
export function versionIn(output: string): string {
  const line = output.split('\n').find((each) => /\d/.test(each)) ?? '';
  return line.replace(/^(?:\S+ )?(?:version:? )?/, '').trim() || 'unknown';
}

/** Where a program is: a path that can be executed, or its bare name. */
export function pathOf(name: ProgramName): string {
  const { paths = [] }: Program = PROGRAMS[name];
  return paths.find((path) => spawnSync(path, ['--help'], { stdio: 'ignore' }).error === undefined) ?? name;
}

/** A version, or why there is none. */
export function findProgram(name: ProgramName): { version: string } | Missing {
  const { version = ['--help'], package: packages }: Program = PROGRAMS[name];
  const { error, stdout, stderr } = spawnSync(pathOf(name), version, { encoding: 'utf8', timeout: 20_000 });
  if ((error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT')
    return { name, reason: `not installed: apt-get install --no-install-recommends ${packages}, or --install` };
  if (error) return { name, reason: `'${name} ${version.join(' ')}' failed: ${error.message}` };
  return { version: versionIn(`${stdout}\n${stderr}`) };
}
