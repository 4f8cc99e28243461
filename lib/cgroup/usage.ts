/** What a cgroup says when its container has ended: read by the addon before the cgroup is removed. */
import type { Place, Placement } from './placement.ts';

export interface Usage {
  /** Bytes; undefined without a memory limit (then nothing counts it). */
  peakMemory?: number;
  oomKilled: boolean;
  /** How many processes. */
  oomKills: number;
  /** Microseconds; undefined where no hierarchy counts it. */
  cpuTime?: { user: number; system: number };
}

type Reader = (text: string, usage: Usage) => void;

const field = (text: string, name: string): number | undefined => {
  const match = new RegExp(`^${name} (\\d+)$`, 'm').exec(text);
  return match ? Number(match[1]) : undefined;
};

const peak: Reader = (text, usage) => {
  usage.peakMemory = Number(text);
};
/** `oom_kill` counts kills; `oom` (v2) and `under_oom` (v1) do not. */
const oomKill: Reader = (text, usage) => {
  usage.oomKills += field(text, 'oom_kill') ?? 0;
  usage.oomKilled = usage.oomKills > 0;
};
const cpuStat: Reader = (text, usage) => {
  const user = field(text, 'user_usec');
  const system = field(text, 'system_usec');
  if (user !== undefined && system !== undefined) usage.cpuTime = { user, system };
};

/** Files of a place, by what they tell. cpu.stat is in every v2 cgroup, whatever the controllers. */
const FILES: readonly { version: 1 | 2; controller?: string; file: string; read: Reader }[] = [
  { version: 1, controller: 'memory', file: 'memory.max_usage_in_bytes', read: peak },
  { version: 1, controller: 'memory', file: 'memory.oom_control', read: oomKill },
  { version: 2, controller: 'memory', file: 'memory.peak', read: peak },
  { version: 2, controller: 'memory', file: 'memory.events', read: oomKill },
  { version: 2, file: 'cpu.stat', read: cpuStat },
];

/** Also of cgroups that a later limit may make, and of controllers that it may enable: what is not there tells nothing. */
const isIn = ({ hierarchy }: Place, row: (typeof FILES)[number]): boolean =>
  hierarchy.version === row.version && (!row.controller || hierarchy.controllers.includes(row.controller));

/** How many processes of a placement the kernel has killed for memory; undefined without a memory limit. */
export function oomKills(
  placement: Placement,
): { version: 1 | 2; directory: string; file: string; count(text: string | null): number } | undefined {
  const place = placement.places.find(({ controllers }) => controllers.some(({ name }) => name === 'memory'));
  if (!place) return undefined;
  const { version } = place.hierarchy;
  const file = `${place.path}/${version === 1 ? 'memory.oom_control' : 'memory.events'}`;
  return { version, directory: place.path, file, count: (text) => field(text ?? '', 'oom_kill') ?? 0 };
}

/** The files to read at the end of a container, and how to understand them. */
export function usageFiles(placement: Placement): { files: string[]; parse(texts: readonly (string | null)[]): Usage } {
  const rows = [...placement.places, ...placement.later].flatMap((place) =>
    FILES.filter((row) => isIn(place, row)).map((row) => ({ row, path: `${place.path}/${row.file}` })),
  );
  return {
    files: rows.map(({ path }) => path),
    parse(texts) {
      const usage: Usage = { oomKilled: false, oomKills: 0 };
      rows.forEach(({ row }, index) => {
        const text = texts[index];
        if (typeof text === 'string') row.read(text, usage);
      });
      return usage;
    },
  };
}
