/** What a container uses, at a moment: one shape for both versions of cgroups, out of what its files say. */
/** Share of time in which tasks waited, in percent of the last 10, 60 and 300 seconds, and all of it in microseconds. */
export interface Stall {
  avg10: number;
  avg60: number;
  avg300: number;
  total: number;
}

/** Pressure stall information, see the kernel's Documentation/accounting/psi.rst. */
export interface Pressure {
  /** At least one task waited. */
  some: Stall;
  /** All tasks waited; cpu has none before Linux 5.13. */
  full: Stall | undefined;
}

export interface CPUStats {
  /** CPU time, microseconds. */
  usage: number;
  user: number;
  system: number;
  /** With a `cpus` limit: periods, those in which it was reached, and microseconds that processes waited for the next. */
  periods: number | undefined;
  throttledPeriods: number | undefined;
  throttled: number | undefined;
  pressure: Pressure | undefined;
}

/** Bytes. */
export interface MemoryStats {
  current: number;
  peak: number | undefined;
  /** Undefined without one. */
  limit: number | undefined;
  /** Of processes, of files, of the kernel for them, and in swap. */
  anon: number;
  file: number;
  kernel: number | undefined;
  swap: number;
  pressure: Pressure | undefined;
}

export interface PidsStats {
  current: number;
  limit: number | undefined;
}

export interface IODeviceStats {
  readBytes: number;
  writeBytes: number;
  reads: number;
  writes: number;
}

export interface IOStats {
  /** By 'major:minor'. */
  devices: Record<string, IODeviceStats>;
  pressure: Pressure | undefined;
}

export interface InterfaceStats {
  receivedBytes: number;
  receivedPackets: number;
  receiveErrors: number;
  receiveDropped: number;
  sentBytes: number;
  sentPackets: number;
  sendErrors: number;
  sendDropped: number;
}

/**
 * A snapshot. On v1 a controller counts only for containers that have a cgroup in its hierarchy, that is with one of its
 * limits; what nothing counts is undefined.
 */
export interface Stats {
  /** `Date.now()` at the snapshot. */
  time: number;
  cpu: CPUStats | undefined;
  memory: MemoryStats | undefined;
  pids: PidsStats | undefined;
  io: IOStats | undefined;
  /** By name of the interface, in the container's network namespace. */
  network: Record<string, InterfaceStats> | undefined;
}

/** Texts of files by their names, as far as there are any. */
export type Texts = Partial<Record<string, string>>;

/** 'key value' lines. */
function fields(text: string | undefined): Partial<Record<string, number>> {
  const found: Partial<Record<string, number>> = Object.create(null);
  for (const line of text?.split('\n') ?? []) {
    const space = line.indexOf(' ');
    if (space > 0) found[line.slice(0, space)] = Number(line.slice(space + 1));
  }
  return found;
}

const number = (text: string | undefined): number | undefined => (text === undefined ? undefined : Number(text));

/** v1 says "none" as the most that a page counter holds, v2 as 'max'. */
const MOST = 2 ** 62;
function limit(text: string | undefined): number | undefined {
  const value = number(text);
  return value === undefined || Number.isNaN(value) || value > MOST ? undefined : value;
}

export function parsePressure(text: string | undefined): Pressure | undefined {
  const stall = (kind: string): Stall | undefined => {
    const match = new RegExp(`^${kind} avg10=([\\d.]+) avg60=([\\d.]+) avg300=([\\d.]+) total=(\\d+)`, 'm').exec(
      text ?? '',
    );
    if (!match) return undefined;
    const [avg10 = 0, avg60 = 0, avg300 = 0, total = 0] = match.slice(1).map(Number);
    return { avg10, avg60, avg300, total };
  };
  const some = stall('some');
  return some && { some, full: stall('full') };
}

function parseCpu(texts: Texts): CPUStats | undefined {
  const { usage_usec, user_usec, system_usec, ...unified } = fields(texts['unified/cpu.stat']);
  if (usage_usec === undefined) return undefined;
  // v1 counts throttling in nanoseconds, in its own hierarchy.
  const v1 = fields(texts['cpu/cpu.stat']);
  const throttled = v1.throttled_time === undefined ? unified.throttled_usec : v1.throttled_time / 1000;
  return {
    usage: usage_usec,
    user: user_usec ?? 0,
    system: system_usec ?? 0,
    periods: v1.nr_periods ?? unified.nr_periods,
    throttledPeriods: v1.nr_throttled ?? unified.nr_throttled,
    throttled,
    pressure: parsePressure(texts['unified/cpu.pressure']),
  };
}

function parseMemory(texts: Texts): MemoryStats | undefined {
  const pressure = parsePressure(texts['unified/memory.pressure']);
  const v2 = number(texts['unified/memory.current']);
  if (v2 !== undefined) {
    const { anon = 0, file = 0, kernel } = fields(texts['unified/memory.stat']);
    return {
      current: v2,
      peak: number(texts['unified/memory.peak']),
      limit: limit(texts['unified/memory.max']),
      anon,
      file,
      kernel,
      swap: number(texts['unified/memory.swap.current']) ?? 0,
      pressure,
    };
  }
  const v1 = number(texts['memory/memory.usage_in_bytes']);
  if (v1 === undefined) return undefined;
  const { total_rss = 0, total_cache = 0, total_swap = 0 } = fields(texts['memory/memory.stat']);
  return {
    current: v1,
    peak: number(texts['memory/memory.max_usage_in_bytes']),
    limit: limit(texts['memory/memory.limit_in_bytes']),
    anon: total_rss,
    file: total_cache,
    kernel: number(texts['memory/memory.kmem.usage_in_bytes']),
    swap: total_swap,
    pressure,
  };
}

function parsePids(texts: Texts): PidsStats | undefined {
  const at = (file: string) => texts[`unified/${file}`] ?? texts[`pids/${file}`];
  const current = number(at('pids.current'));
  return current === undefined ? undefined : { current, limit: limit(at('pids.max')) };
}

const noIO = (): IODeviceStats => ({ readBytes: 0, writeBytes: 0, reads: 0, writes: 0 });

/** v1: '254:0 Read 4096' in one file for bytes and one for operations; v2: '254:0 rbytes=4096 wbytes=0 rios=1 wios=0'. */
const V1_IO: Readonly<Record<string, Readonly<Record<string, keyof IODeviceStats>>>> = {
  'blkio/blkio.throttle.io_service_bytes_recursive': { Read: 'readBytes', Write: 'writeBytes' },
  'blkio/blkio.throttle.io_serviced_recursive': { Read: 'reads', Write: 'writes' },
};
const V2_IO: Readonly<Record<string, keyof IODeviceStats>> = {
  rbytes: 'readBytes',
  wbytes: 'writeBytes',
  rios: 'reads',
  wios: 'writes',
};

function parseIO(texts: Texts): IOStats | undefined {
  const unified = texts['unified/io.stat'];
  if (unified === undefined && !Object.keys(V1_IO).some((name) => texts[name] !== undefined)) return undefined;
  const devices: Record<string, IODeviceStats> = Object.create(null);
  const add = (device: string, key: keyof IODeviceStats | undefined, value: string) => {
    if (key === undefined) return;
    devices[device] ??= noIO();
    devices[device][key] = Number(value);
  };
  for (const [name, keys] of Object.entries(V1_IO))
    for (const [, device = '', key = '', value = ''] of (texts[name] ?? '').matchAll(/^(\d+:\d+) (\w+) (\d+)$/gm))
      add(device, keys[key], value);
  for (const [, device = '', rest = ''] of (unified ?? '').matchAll(/^(\d+:\d+) (.*)$/gm))
    for (const [, key = '', value = ''] of rest.matchAll(/(\w+)=(\d+)/g)) add(device, V2_IO[key], value);
  return { devices, pressure: parsePressure(texts['unified/io.pressure']) };
}

/** proc(5), /proc/net/dev: two lines of headings, then eight numbers received and eight sent. */
export function parseNetwork(text: string | undefined): Record<string, InterfaceStats> | undefined {
  if (text === undefined) return undefined;
  const interfaces: Record<string, InterfaceStats> = Object.create(null);
  for (const line of text.split('\n').slice(2)) {
    const colon = line.lastIndexOf(':');
    if (colon < 0) continue;
    const numbers = line
      .slice(colon + 1)
      .trim()
      .split(/\s+/)
      .map(Number);
    const [receivedBytes = 0, receivedPackets = 0, receiveErrors = 0, receiveDropped = 0] = numbers;
    const [sentBytes = 0, sentPackets = 0, sendErrors = 0, sendDropped = 0] = numbers.slice(8);
    interfaces[line.slice(0, colon).trim()] = {
      receivedBytes,
      receivedPackets,
      receiveErrors,
      receiveDropped,
      sentBytes,
      sentPackets,
      sendErrors,
      sendDropped,
    };
  }
  return interfaces;
}

/** Pure: what the files say. */
export const parseStats = (texts: Texts, time: number): Stats => ({
  time,
  cpu: parseCpu(texts),
  memory: parseMemory(texts),
  pids: parsePids(texts),
  io: parseIO(texts),
  network: parseNetwork(texts['network/dev']),
});
