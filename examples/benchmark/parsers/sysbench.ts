/** What `sysbench run` of version 1.0 prints. */

export interface SysbenchRun {
  /** Seconds. */
  totalTime: number;
  events: number;
  /** Of single events, milliseconds. */
  latency: { least: number; mean: number; most: number; p95: number };
  /** Of fileio alone, MiB a second. */
  throughput?: { read: number; written: number };
}

/** The number after 'name:' at the begin of a line. */
function field(text: string, name: string): number | undefined {
  const escaped = name.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
  const found = new RegExp(`^\\s*${escaped}:\\s+([\\d.]+)s?\\s*$`, 'm').exec(text)?.[1];
  return found === undefined ? undefined : Number(found);
}

/** @throws when a figure is not there: with what sysbench said instead */
function need(text: string, name: string): number {
  const value = field(text, name);
  if (value !== undefined && Number.isFinite(value)) return value;
  const fatal = /^FATAL:.*$/m.exec(text)?.[0];
  throw new Error(`sysbench: ${fatal ?? `no '${name}' in its output: ${text.trim().split('\n').at(-1) ?? ''}`}`);
}

export function parseSysbench(text: string): SysbenchRun {
  const read = field(text, 'read, MiB/s');
  const written = field(text, 'written, MiB/s');
  return {
    totalTime: need(text, 'total time'),
    events: need(text, 'total number of events'),
    latency: {
      least: need(text, 'min'),
      mean: need(text, 'avg'),
      most: need(text, 'max'),
      p95: need(text, '95th percentile'),
    },
    ...(read !== undefined && written !== undefined && { throughput: { read, written } }),
  };
}
