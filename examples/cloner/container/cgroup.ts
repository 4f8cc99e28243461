/**
 * `lxc.cgroup.*` and `lxc.cgroup2.*` as the library's resources, which fit both versions of cgroups: so a limit that is
 * written for one of them holds on a machine with the other, too.
 */
import type { DeviceRule, IODeviceLimit, ResourcesOption } from 'cofferdam';
import type { CgroupValue, Config } from '../config/config.ts';
import { at, ConfigError } from '../config/errors.ts';
import type { Host } from './host.ts';

type Mutable = { -readonly [Name in keyof ResourcesOption]: ResourcesOption[Name] };

/** What the files say, while they are read. */
interface Draft {
  resources: Mutable;
  devices: Map<string, IODeviceLimit>;
  rules: DeviceRule[];
  quota?: number;
  period?: number;
  /** v2 limits swap by itself, and the library memory and swap together. */
  swap?: number;
}

type Reader = (draft: Draft, value: string) => void;

const UNITS: Readonly<Record<string, number>> = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 };

/** 'max' and -1 are no limit. */
function bytes(text: string): number | undefined {
  if (text === 'max' || text === '-1') return undefined;
  const [, number = '', unit = ''] = /^(\d+)([kmgt]?)$/i.exec(text) ?? [];
  if (number === '') throw new RangeError(`must be a number of bytes, or with K, M or G, got '${text}'`);
  return Number(number) * (UNITS[unit.toLowerCase()] as number);
}

function number(text: string): number | undefined {
  if (text === 'max' || text === '-1') return undefined;
  if (!/^\d+$/.test(text)) throw new RangeError(`must be a number, got '${text}'`);
  return Number(text);
}

/** Names of the options whose values are of one type. */
type Named<Value> = {
  [Name in keyof Mutable]-?: Mutable[Name] extends Value | undefined ? Name : never;
}[keyof Mutable];

const inBytes =
  (name: Named<number>): Reader =>
  ({ resources }, value) => {
    resources[name] = bytes(value);
  };
const counted =
  (name: Named<number>): Reader =>
  ({ resources }, value) => {
    resources[name] = number(value);
  };
const text =
  (name: 'cpuset' | 'cpusetMems'): Reader =>
  ({ resources }, value) => {
    resources[name] = value;
  };
const flag =
  (name: Named<boolean>): Reader =>
  ({ resources }, value) => {
    resources[name] = value === '1';
  };

/** The OCI runtimes' curve from v1's shares to v2's weight; the library has its inverse. */
function weightOfShares(shares: number): number {
  const exponent = Math.log2(Math.min(262_144, Math.max(2, shares)));
  const weight = 10 ** (exponent ** 2 / 612 + (125 * exponent) / 612 - 7 / 34);
  return Math.min(10_000, Math.max(1, Math.round(weight)));
}

const device = ({ devices }: Draft, name: string): IODeviceLimit => {
  const found = devices.get(name) ?? { device: name };
  devices.set(name, found);
  return found;
};

type Rate = 'readBps' | 'writeBps' | 'readIops' | 'writeIops';

/** '8:0 1048576'. */
const throttle =
  (rate: Rate): Reader =>
  (draft, value) => {
    const [name = '', limit = ''] = value.split(/\s+/);
    device(draft, name)[rate] = bytes(limit);
  };

const RATES: Readonly<Record<string, Rate>> = {
  rbps: 'readBps',
  wbps: 'writeBps',
  riops: 'readIops',
  wiops: 'writeIops',
};

/** '8:0 rbps=1048576 wiops=max'. */
function ioMax(draft: Draft, value: string): void {
  const [name = '', ...limits] = value.split(/\s+/);
  for (const each of limits) {
    const [key = '', limit = ''] = each.split('=');
    const rate = RATES[key];
    if (!rate) throw new RangeError(`takes ${Object.keys(RATES).join(', ')}, got '${key}'`);
    device(draft, name)[rate] = bytes(limit);
  }
}

const nothing: Reader = () => {};

const every = (text: string): number | undefined => (text === '*' ? undefined : Number(text));

/** 'a', or 'c 10:229 rwm', where a number may be '*'. */
const deviceRule =
  (allow: boolean): Reader =>
  ({ rules }, value) => {
    const [, type, major = '*', minor = '*', access = 'rwm'] =
      /^([abc])(?:\s+(\d+|\*):(\d+|\*))?(?:\s+([rwm]{1,3}))?$/.exec(value) ?? [];
    if (type === undefined) throw new RangeError(`must be such as 'a' or 'c 10:229 rwm', got '${value}'`);
    const [of, minorOf] = [every(major), every(minor)];
    rules.push({
      allow,
      type: type as 'a' | 'b' | 'c',
      ...(of !== undefined && { major: of }),
      ...(minorOf !== undefined && { minor: minorOf }),
      access,
    });
  };

/** The same words on both versions, though v2 has no such files. */
const DEVICES: Readonly<Record<string, Reader>> = {
  'devices.allow': deviceRule(true),
  'devices.deny': deviceRule(false),
};

/** Files that mean the same on both versions, or have a counterpart. */
const FILES: Readonly<Record<1 | 2, Readonly<Record<string, Reader>>>> = {
  1: {
    'memory.limit_in_bytes': inBytes('memory'),
    'memory.memsw.limit_in_bytes': inBytes('memorySwap'),
    'memory.soft_limit_in_bytes': inBytes('memoryReservation'),
    'cpu.shares': ({ resources }, value) => {
      resources.cpuWeight = weightOfShares(number(value) ?? 1024);
    },
    'cpu.cfs_quota_us': (draft, value) => {
      const quota = number(value);
      if (quota === undefined) delete draft.quota;
      else draft.quota = quota;
    },
    'cpu.cfs_period_us': (draft, value) => {
      draft.period = number(value) ?? 100_000;
    },
    'cpuset.cpus': text('cpuset'),
    'cpuset.mems': text('cpusetMems'),
    'pids.max': counted('pids'),
    'blkio.weight': ({ resources }, value) => {
      resources.io = { ...resources.io, weight: Math.round(1 + ((Number(value) - 10) * 9999) / 990) };
    },
    'blkio.throttle.read_bps_device': throttle('readBps'),
    'blkio.throttle.write_bps_device': throttle('writeBps'),
    'blkio.throttle.read_iops_device': throttle('readIops'),
    'blkio.throttle.write_iops_device': throttle('writeIops'),
    ...DEVICES,
  },
  2: {
    'memory.max': inBytes('memory'),
    'memory.swap.max': (draft, value) => {
      const swap = bytes(value);
      if (swap === undefined) delete draft.swap;
      else draft.swap = swap;
    },
    'memory.low': inBytes('memoryReservation'),
    'cpu.weight': counted('cpuWeight'),
    'cpu.max': (draft, value) => {
      const [quota = '', period = '100000'] = value.split(/\s+/);
      const given = number(quota);
      if (given === undefined) delete draft.quota;
      else draft.quota = given;
      draft.period = number(period) ?? 100_000;
    },
    'cpu.idle': flag('cpuIdle'),
    'cpuset.cpus': text('cpuset'),
    'cpuset.mems': text('cpusetMems'),
    'pids.max': counted('pids'),
    'io.max': ioMax,
    ...DEVICES,
  },
};

/** Those that only one version has; on the other one they are left out, as LXC does. */
const ONLY: Readonly<Record<1 | 2, Readonly<Record<string, Reader>>>> = {
  1: { 'memory.oom_control': flag('oomKillDisable') },
  2: { 'memory.high': inBytes('memoryHigh'), 'memory.oom.group': flag('oomGroup') },
};

const HUGE = /^hugetlb\.(\w+)\.(?:limit_in_bytes|max)$/;

function readerOf({ version, file }: Pick<CgroupValue, 'version' | 'file'>, own: 1 | 2): Reader | undefined {
  const [, size] = HUGE.exec(file) ?? [];
  if (size !== undefined)
    return ({ resources }, value) => {
      const limit = bytes(value);
      if (limit !== undefined) resources.hugetlb = { ...resources.hugetlb, [size]: limit };
    };
  for (const table of [FILES[version], ...(version === own ? [ONLY[version]] : [])])
    if (Object.hasOwn(table, file)) return table[file];
  if (version !== own) return nothing;
  if (version === 2)
    return ({ resources }, value) => {
      resources.unified = { ...resources.unified, [file]: value };
    };
  return undefined;
}

/** What several files said together. */
function finished({ resources, devices, rules, quota, period, swap }: Draft): ResourcesOption {
  const { memory } = resources;
  return {
    ...resources,
    ...(quota !== undefined && { cpus: quota / (period ?? 100_000) }),
    ...(swap !== undefined && memory !== undefined && { memorySwap: memory + swap }),
    ...(rules.length > 0 && { devices: rules }),
    ...(devices.size > 0 && { io: { ...resources.io, devices: [...devices.values()] } }),
  };
}

/**
 * Settings that change nothing, so that v1 counts: there a container has a cgroup only where it has a limit, and LXC's
 * containers have one everywhere.
 */
const COUNTED: Readonly<Record<'cpu' | 'memory', ResourcesOption>> = {
  cpu: { cpuWeight: 100 },
  memory: { memoryReservation: Number.MAX_SAFE_INTEGER },
};

/**
 * @throws {ConfigError} with the line of what cannot be
 */
export function resourcesOf(
  { cgroup }: Config,
  { cgroups: own, counts }: Pick<Host, 'cgroups' | 'counts'>,
): ResourcesOption {
  const draft: Draft = { resources: {}, devices: new Map(), rules: [] };
  const isRule = ({ file }: CgroupValue) => Object.hasOwn(DEVICES, file);
  // A list of rules is one thing: that of the other version would not be completed by this one's, but mixed with it.
  const ownRules = cgroup.some((each) => isRule(each) && each.version === own);
  const said = cgroup.filter((each) => !(ownRules && isRule(each) && each.version !== own));
  const foreignFirst = said.sort((a, b) => Number(a.version === own) - Number(b.version === own));
  for (const each of foreignFirst) {
    const key = `lxc.cgroup${each.version === 2 ? '2' : ''}.${each.file}`;
    const reader = readerOf(each, own);
    if (!reader) throw new ConfigError([at(each.place, `${key} is not supported`)]);
    try {
      reader(draft, each.value.trim());
    } catch (error) {
      if (error instanceof RangeError) throw new ConfigError([at(each.place, `${key} ${error.message}`)]);
      throw error;
    }
  }
  const limits = finished(draft);
  const limited = { cpu: limits.cpus ?? limits.cpuWeight, memory: limits.memory ?? limits.memoryReservation };
  return Object.assign(
    {},
    ...counts.filter((each) => limited[each] === undefined).map((each) => COUNTED[each]),
    limits,
  );
}

/**
 * What is written to one file of this machine's version, as a limit of the library's; undefined where it is none.
 * @throws RangeError for a value that cannot be
 */
export function resourcesOfFile(version: 1 | 2, file: string, value: string): ResourcesOption | undefined {
  const draft: Draft = { resources: {}, devices: new Map(), rules: [] };
  const reader = readerOf({ version, file }, version);
  reader?.(draft, value.trim());
  return reader && finished(draft);
}
