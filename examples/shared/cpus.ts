/** CPUs that this program may run on. */
import { readFileSync } from 'node:fs';
import { UsageError } from './command-line.ts';

/** A list of cpuset(7), '0-2,4', as numbers. */
export function parseCpuList(list: string): number[] {
  return list
    .trim()
    .split(',')
    .filter((range) => range !== '')
    .flatMap((range) => {
      const [first = 0, last = first] = range.split('-').map(Number);
      return Array.from({ length: last - first + 1 }, (_, i) => first + i);
    });
}

/** By affinity and by the cpuset of this program's own cgroup, which a container of it cannot leave. */
export function allowedCpus(): number[] {
  const status = readFileSync('/proc/self/status', 'utf8');
  return parseCpuList(/^Cpus_allowed_list:\s*(.*)$/m.exec(status)?.[1] ?? '0');
}

/**
 * `count` of the allowed CPUs as a list for `resources.cpuset`.
 * @throws {UsageError} when there are fewer
 */
export function chooseCpus(count: number, allowed: readonly number[] = allowedCpus()): string {
  if (count > allowed.length)
    throw new UsageError(
      `--cpus: ${count} asked for, this machine gives ${allowed.length}; give ${allowed.length} or fewer`,
    );
  return allowed.slice(0, count).join(',');
}
