import { createError } from '../errors.ts';
import type { IODeviceLimit, IOOption } from '../options/types.ts';
import { type Controller, type Parent, setting, type Write } from './controller.ts';

type Rate = keyof Omit<IODeviceLimit, 'device' | 'weight'>;

/** What each rate is called: v1 has a file for each, v2 a key in one. */
const RATES: Readonly<Record<Rate, { file: string; key: string }>> = {
  readBps: { file: 'blkio.throttle.read_bps_device', key: 'rbps' },
  writeBps: { file: 'blkio.throttle.write_bps_device', key: 'wbps' },
  readIops: { file: 'blkio.throttle.read_iops_device', key: 'riops' },
  writeIops: { file: 'blkio.throttle.write_iops_device', key: 'wiops' },
};
const rates = Object.entries(RATES) as [Rate, (typeof RATES)[Rate]][];

/** v2's weight, 1 to 10000, as v1's, 10 to 1000: the OCI runtimes' line. */
export const blkioWeight = (weight: number): number => Math.round(10 + ((weight - 1) * 990) / 9999);

/** Weights are the work of a scheduler (BFQ) or of iocost, and each has files of its own. */
function weightFile(files: readonly string[], parent: Parent): string {
  // The root of v2 has no weight; that of iocost is configured there.
  const file = files.find((each) => parent.has(each) || (each === 'io.weight' && parent.has('io.cost.qos')));
  if (file === undefined)
    throw createError('ERR_CGROUP_CONTROLLER', {
      controller: files.join(' or '),
      option: 'resources.io.weight',
      hint: 'weights need the BFQ scheduler on the disk, or on v2 iocost: echo bfq > /sys/block/DISK/queue/scheduler',
    });
  return file;
}

/** The line of a device, without its number; undefined when there is none. */
const lineOf = (before: string, device: string): string | undefined =>
  before
    .split('\n')
    .find((line) => line.startsWith(`${device} `))
    ?.slice(device.length + 1);

const V1_WEIGHTS = ['blkio.bfq.weight', 'blkio.weight'];
const V1_DEVICE_WEIGHTS = ['blkio.bfq.weight_device', 'blkio.weight_device'];
const V2_WEIGHTS = ['io.bfq.weight', 'io.weight'];

function writes1({ weight, devices = [] }: IOOption, parent: Parent): Write[] {
  const writes: Write[] = [];
  if (weight !== undefined) writes.push({ file: weightFile(V1_WEIGHTS, parent), value: String(blkioWeight(weight)) });
  for (const limit of devices) {
    const { device } = limit;
    if (limit.weight !== undefined)
      writes.push({
        file: weightFile(V1_DEVICE_WEIGHTS, parent),
        value: `${device} ${blkioWeight(limit.weight)}`,
        restore: (before) => `${device} ${lineOf(before, device) ?? 0}`,
      });
    for (const [rate, { file }] of rates)
      if (limit[rate] !== undefined)
        writes.push({
          file,
          value: `${device} ${limit[rate]}`,
          // 0 takes a limit away.
          restore: (before) => `${device} ${lineOf(before, device) ?? 0}`,
        });
  }
  return writes;
}

const NO_LIMITS = rates.map(([, { key }]) => `${key}=max`).join(' ');

function writes2({ weight, devices = [] }: IOOption, parent: Parent): Write[] {
  const writes: Write[] = [];
  if (weight !== undefined) {
    const file = weightFile(V2_WEIGHTS, parent);
    writes.push({
      file,
      value: `default ${weight}`,
      restore: (before) => `default ${lineOf(before, 'default') ?? 100}`,
    });
  }
  for (const limit of devices) {
    const { device } = limit;
    if (limit.weight !== undefined)
      writes.push({
        file: weightFile(V2_WEIGHTS, parent),
        value: `${device} ${limit.weight}`,
        restore: (before) => `${device} ${lineOf(before, device) ?? 'default'}`,
      });
    const given = rates.filter(([rate]) => limit[rate] !== undefined);
    if (given.length > 0)
      writes.push({
        file: 'io.max',
        value: `${device} ${given.map(([rate, { key }]) => `${key}=${limit[rate]}`).join(' ')}`,
        restore: (before) => `${device} ${lineOf(before, device) ?? NO_LIMITS}`,
      });
  }
  return writes;
}

export const io: Controller = {
  name: 'blkio',
  unifiedName: 'io',
  settings: [
    setting({
      option: 'io',
      v1: 'blkio.weight, blkio.throttle.*_device',
      v2: 'io.weight, io.max',
      conversion: 'bytes and operations a second, by device; v1: blkio weight = 10 + (weight − 1) · 990 / 9999',
      writes1: (value, _, parent) => writes1(value, parent),
      writes2: (value, _, parent) => writes2(value, parent),
    }),
  ],
};
