import type { ResourcesOption } from '../options/types.ts';
import { type Before, type Controller, type Parent, plain, setting, type Write } from './controller.ts';

/** The period of cpu.max and cpu.cfs_period_us that a new cgroup has, microseconds. */
const PERIOD = 100_000;

const quota = (cpus: number): number => Math.round(cpus * PERIOD);

/**
 * v2's weight (1 to 10000, default 100) as v1's shares (2 to 262144, default 1024), by the curve that OCI runtimes agreed on:
 * it takes both defaults and both ends to each other, which the older linear formula did not.
 */
export function sharesOfWeight(weight: number): number {
  const exponent = (-125 + Math.sqrt(125 ** 2 + 4 * 612 * (7 / 34 + Math.log10(weight)))) / 2;
  return Math.min(262_144, Math.max(2, Math.round(2 ** exponent)));
}

const burst = (file: string) => (value: number) => [{ file, value: String(quota(value)) }];

const WEIGHT = {
  v1: (value: number): Write[] => [{ file: 'cpu.shares', value: String(sharesOfWeight(value)) }],
  v2: plain('cpu.weight'),
} as const;

/** The kernel refuses a weight while the group is idle (EINVAL), and has forgotten it when that ends. */
const weight = (write: (value: number) => Write[]) => (value: number, _: ResourcesOption, __: Parent, before: Before) =>
  before?.cpuIdle ? [] : write(value);

const idle =
  (write: (value: number) => Write[]) =>
  (value: boolean, resources: ResourcesOption, _: Parent, before: Before): Write[] => {
    const weightOf = ({ cpuWeight }: ResourcesOption) => (cpuWeight === undefined ? [] : write(cpuWeight));
    const off = { file: 'cpu.idle', value: '0' };
    if (value) return [{ file: 'cpu.idle', value: '1', ...(before && { inverse: [off, ...weightOf(before)] }) }];
    return before?.cpuIdle ? [off, ...weightOf(resources)] : [off];
  };

export const cpu: Controller = {
  name: 'cpu',
  settings: [
    setting({
      option: 'cpus',
      v1: 'cpu.cfs_quota_us',
      v2: 'cpu.max',
      conversion: 'cpus × 100 ms of CPU time in each period of 100 ms',
      writes1: (value) => [{ file: 'cpu.cfs_quota_us', value: String(quota(value)) }],
      writes2: (value) => [{ file: 'cpu.max', value: `${quota(value)} ${PERIOD}` }],
    }),
    // After the quota, which it may not exceed.
    setting({
      option: 'cpuBurst',
      v1: 'cpu.cfs_burst_us',
      v2: 'cpu.max.burst',
      conversion: 'cpuBurst × 100 ms that unused time of earlier periods may add',
      writes1: burst('cpu.cfs_burst_us'),
      writes2: burst('cpu.max.burst'),
    }),
    setting({
      option: 'cpuWeight',
      v1: 'cpu.shares',
      v2: 'cpu.weight',
      conversion: 'v1: log10(weight) = log2(shares)² / 612 + 125 · log2(shares) / 612 − 7 / 34',
      writes1: weight(WEIGHT.v1),
      writes2: weight(WEIGHT.v2),
    }),
    setting({
      option: 'cpuIdle',
      v1: 'cpu.idle',
      v2: 'cpu.idle',
      conversion: '0 or 1',
      writes1: idle(WEIGHT.v1),
      writes2: idle(WEIGHT.v2),
    }),
  ],
};
