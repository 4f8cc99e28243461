/** Limits. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import {
  absolutePath,
  bare,
  boolean,
  type Check,
  fields,
  integer,
  invalidType,
  invalidValue,
  list,
  map,
  matching,
  member,
  nonEmpty,
  number,
  oneOf,
  string,
} from './check.ts';
import type { DeviceRule, IODeviceLimit, ResourcesOption } from './types.ts';

const PAGE = 4096;
/** The most that the kernel is ever built for (CONFIG_NR_CPUS, MAX_NUMNODES). */
const MOST_CPUS = 8192;
/** PID_MAX_LIMIT. */
const MOST_PIDS = 2 ** 22;

const listShape = matching(
  /^\d{1,5}(-\d{1,5})?(,\d{1,5}(-\d{1,5})?)*$/,
  4096,
  "must be a list of numbers and ranges such as '0-2,4'",
);

/** A list of cpuset(7). */
const cpuList: Check<string> = (value, option) => {
  const text = listShape(value, option);
  for (const part of text.split(',')) {
    const [first = 0, last = first] = part.split('-').map(Number);
    if (first > last) throw invalidValue(option, `has the range ${part}, which ends before it begins`, value);
    if (last >= MOST_CPUS) throw invalidValue(option, `has ${last}, the most is ${MOST_CPUS - 1}`, value);
  }
  return text;
};

/** The highest number in a list of the kernel's, such as '0-3'; none without the file. */
function highest(file: string): number {
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  return Math.max(
    -1,
    ...text
      .split(/[-,\n]/)
      .filter(Boolean)
      .map(Number),
  );
}

/** A list within what this machine has. */
const present = (file: string, noun: string): Check<string> => {
  let most: number | undefined;
  return (value, option) => {
    const text = cpuList(value, option);
    most ??= highest(file);
    const last = Math.max(...text.split(/[-,]/).map(Number));
    if (most >= 0 && last > most)
      throw invalidValue(option, `names ${noun} ${last}, this machine has 0-${most}`, value);
    return text;
  };
};

const bytes = integer({ least: PAGE, unit: 'bytes', hint: "bytes are numbers: 10 * 2 ** 20, not '10M'" });
const bytesOrUnlimited: Check<number> = (value, option) => (value === -1 ? value : bytes(value, option));

/** Of devices: far below the most instructions that a program may have. */
const MOST_RULES = 256;

const MOST_WEIGHT = 10_000;
const weight = integer({ least: 1, most: MOST_WEIGHT });
const perSecond = integer({ least: 1, unit: 'a second' });

/** 'major:minor' of a disk that there is. */
const device: Check<string> = (value, option) => {
  const text = nonEmpty(value, option);
  if (/^\d+:\d+$/.test(text)) {
    if (existsSync(`/sys/dev/block/${text}`)) return text;
    throw invalidValue(option, 'is not the number of a block device of this machine', value, 'see lsblk(8)');
  }
  if (!text.startsWith('/')) throw invalidValue(option, "must be an absolute path or 'major:minor'", value);
  const facts = statSync(text, { throwIfNoEntry: false });
  if (!facts?.isBlockDevice())
    throw invalidValue(option, 'is not a block device of this machine', value, 'see lsblk(8)');
  const { major, minor } = deviceNumber(facts.rdev);
  return `${major}:${minor}`;
};

/** makedev(3), backwards. */
const deviceNumber = (rdev: number): { major: number; minor: number } => ({
  major: (rdev >> 8) & 0xfff,
  minor: (rdev & 0xff) | ((rdev >> 12) & 0xfff00),
});

/** MINORBITS and the rest of a dev_t. */
const MOST_MAJOR = 2 ** 12 - 1;
const MOST_MINOR = 2 ** 20 - 1;

const ruleFields = fields({
  allow: boolean,
  type: oneOf(['a', 'b', 'c']),
  major: integer({ least: 0, most: MOST_MAJOR }),
  minor: integer({ least: 0, most: MOST_MINOR }),
  path: absolutePath,
  access: matching(/^(?!.*(.).*\1)[rwm]+$/, 3, "must be letters of 'rwm', each once"),
});

/** The kind and numbers of a device that there is. */
function facts(path: string, option: string): Pick<DeviceRule, 'type' | 'major' | 'minor'> {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found?.isBlockDevice() && !found?.isCharacterDevice())
    throw invalidValue(option, 'is not a device of this machine', path, 'see ls -l /dev');
  return { type: found.isBlockDevice() ? 'b' : 'c', ...deviceNumber(found.rdev) };
}

const deviceRule: Check<DeviceRule> = (value, option) => {
  const { path, ...given } = ruleFields(value, option);
  const { allow, type = 'a', major, minor } = given;
  const at = (key: string) => member(option, key);
  if (allow === undefined) throw invalidType(at('allow'), 'true or false', allow, 'it is required');
  const named = given.type ?? major ?? minor;
  if (path !== undefined) {
    if (named !== undefined) throw invalidValue(at('path'), 'stands for type, major and minor: give one of them', path);
    return bare({ ...given, allow, ...facts(path, at('path')) });
  }
  const number = major ?? minor;
  if (type === 'a' && number !== undefined)
    throw invalidValue(at('type'), "must be 'b' or 'c' where there are numbers", type);
  return bare({ ...given, allow, type });
};

const deviceFields = fields({
  device,
  weight,
  readBps: perSecond,
  writeBps: perSecond,
  readIops: perSecond,
  writeIops: perSecond,
});

const deviceLimit: Check<IODeviceLimit> = (value, option) => {
  const given = deviceFields(value, option);
  const { device, ...limits } = given;
  if (device === undefined) throw invalidType(member(option, 'device'), 'a path of a block device', undefined);
  if (Object.values(limits).every((each) => each === undefined))
    throw invalidValue(option, 'has a device and no limit for it', device);
  return given as IODeviceLimit;
};

const hugePageSize = (size: string, option: string): void => {
  if (!/^\d+(KB|MB|GB)$/.test(size))
    throw invalidValue(option, "has a size of pages that is not of the form '2MB' or '1GB'", size);
};

/** Files of a cgroup itself, which would undo what the library keeps account of, are not for it. */
const unifiedFile = (file: string, option: string): void => {
  if (!/^[a-z0-9_]+(\.[A-Za-z0-9_]+)+$/.test(file) || file.startsWith('cgroup.'))
    throw invalidValue(option, "has a key that is not a controller's file such as 'memory.high'", file);
};

const resourceFields = fields({
  memory: bytes,
  memorySwap: bytesOrUnlimited,
  memoryReservation: bytes,
  memoryHigh: bytes,
  oomGroup: boolean,
  oomKillDisable: boolean,
  cpus: number({ least: 0.01, most: MOST_CPUS, unit: 'CPUs' }),
  cpuBurst: number({ least: 0, most: MOST_CPUS, unit: 'CPUs' }),
  cpuIdle: boolean,
  cpuWeight: weight,
  cpuset: present('/sys/devices/system/cpu/present', 'CPU'),
  cpusetMems: present('/sys/devices/system/node/possible', 'memory node'),
  pids: integer({ least: 1, most: MOST_PIDS }),
  io: fields({ weight, devices: list(deviceLimit) }),
  devices: list(deviceRule, 0, MOST_RULES),
  hugetlb: map(hugePageSize, integer({ least: 0, unit: 'bytes' })),
  unified: map(unifiedFile, string),
});

/** What must hold between options. */
function checkTogether(given: ReturnType<typeof resourceFields>, option: string): void {
  const { memory, memorySwap, memoryReservation } = given;
  const at = (key: string) => member(option, key);
  if (memorySwap !== undefined && memorySwap !== -1) {
    if (memory === undefined)
      throw invalidValue(at('memorySwap'), `is memory plus swap and needs ${at('memory')}`, memorySwap);
    if (memorySwap < memory)
      throw invalidValue(
        at('memorySwap'),
        `is memory plus swap and must be at least ${at('memory')}, ${memory}`,
        memorySwap,
      );
  }
  if (memory !== undefined && memoryReservation !== undefined && memoryReservation > memory)
    throw invalidValue(at('memoryReservation'), `must be at most ${at('memory')}, ${memory}`, memoryReservation);
  const { memoryHigh, cpus, cpuBurst } = given;
  if (memory !== undefined && memoryHigh !== undefined && memoryHigh > memory)
    throw invalidValue(at('memoryHigh'), `must be at most ${at('memory')}, ${memory}`, memoryHigh);
  if (cpuBurst !== undefined && (cpus === undefined || cpuBurst > cpus))
    throw invalidValue(at('cpuBurst'), `must be at most ${at('cpus')}, which it needs`, cpuBurst);
}

export const resources: Check<Readonly<ResourcesOption>> = (value, option) => {
  const given = resourceFields(value, option);
  checkTogether(given, option);
  return given as Readonly<ResourcesOption>;
};

/** What `update()` makes of a container's limits. @throws {TypeError|RangeError} naming the option */
export const mergeResources = (before: Readonly<ResourcesOption>, value: unknown): Readonly<ResourcesOption> =>
  resources({ ...before, ...resourceFields(value, 'resources') }, 'resources');
