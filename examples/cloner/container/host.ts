/** What a configuration has to be asked of this machine; a test gives its own. */
import { existsSync, readFileSync } from 'node:fs';

export interface Host {
  exists(path: string): boolean;
  /** Text of a file. @throws when it cannot be read */
  read(path: string): string;
  /** The version of cgroups whose files are used where a controller is on it. */
  readonly cgroups: 1 | 2;
  /** Controllers that count what a container uses, as far as this machine has them. */
  readonly counts: readonly ('cpu' | 'memory')[];
  /** The pid of another container's first process: by its name, or the path of its directory. */
  pidOf(container: string): number | undefined;
}

const COUNTING = ['cpu', 'memory'] as const;

/** The options of the v1 hierarchies that are mounted, among which are their controllers; without any it is v2. */
const v1Options = (): string[] =>
  readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .flatMap((line) => / - cgroup \S+ (\S+)/.exec(line)?.[1]?.split(',') ?? []);

export function thisHost(pidOf: Host['pidOf']): Host {
  const options = v1Options();
  return {
    exists: existsSync,
    read: (path) => readFileSync(path, 'utf8'),
    cgroups: options.length > 0 ? 1 : 2,
    counts: COUNTING.filter((each) => options.includes(each)),
    pidOf,
  };
}
