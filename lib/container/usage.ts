/** `stats()`: what a container uses, read from files that stay open. */
import type { Placement } from '../cgroup/placement.ts';
import type { Stats } from '../cgroup/stats.ts';
import { StatsReader } from '../cgroup/stats-reader.ts';
import { StatsSource } from '../cgroup/stats-source.ts';
import { normalizeStatsOptions } from '../options/index.ts';
import type { Life } from './life.ts';

export function statsOf(life: Life, options: { interval?: number; signal?: AbortSignal }): StatsSource {
  const { interval, signal } = normalizeStatsOptions(options);
  const read = () => readStats(life);
  return new StatsSource({ interval, signal, read, ended: life.process?.exited ?? Promise.resolve() });
}

function readStats(life: Life): Stats {
  if (!life.isAlive) throw life.wrongState('read the statistics of', 'running or paused');
  const own = life.options.namespaces.network === 'host' ? undefined : life.pid;
  life.reader ??= new StatsReader(life.placement as Placement, own);
  return life.reader.read();
}

/** Its files are gone, or are not all there are any more. */
export function forgetReader(life: Life): void {
  life.reader?.close();
  life.reader = undefined;
}
