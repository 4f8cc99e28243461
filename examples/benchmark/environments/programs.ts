/** Programs of this machine that are measured or needed, and which version of them. */
import { execFileSync } from 'node:child_process';
import type { Missing } from '../result.ts';

/** Debian's packages. */
const PACKAGES: Readonly<Record<string, string>> = {
  crun: 'crun',
  runc: 'runc',
  cc: 'gcc libc6-dev',
  unshare: 'util-linux',
};

/** The first line of `--version`, without the program's own name. */
export function versionIn(output: string): string {
  const [first = ''] = output.split('\n');
  return first.replace(/^\S+ (version )?/, '').trim() || 'unknown';
}

/** A version, or why there is none. */
export function findProgram(name: string): { version: string } | Missing {
  try {
    return {
      version: versionIn(execFileSync(name, ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })),
    };
  } catch (error) {
    const absent = (error as NodeJS.ErrnoException).code === 'ENOENT';
    const reason = absent ? `not installed: apt-get install ${PACKAGES[name] ?? name}` : `'${name} --version' failed`;
    return { name, reason };
  }
}
