/** Limits. */
import { type Check, fields, integer, invalidValue, matching, member, number } from './check.ts';
import type { ResourcesOption } from './types.ts';

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

const bytes = integer({ least: PAGE, unit: 'bytes', hint: "bytes are numbers: 10 * 2 ** 20, not '10M'" });
const bytesOrUnlimited: Check<number> = (value, option) => (value === -1 ? value : bytes(value, option));

const resourceFields = fields({
  memory: bytes,
  memorySwap: bytesOrUnlimited,
  memoryReservation: bytes,
  cpus: number({ least: 0.01, most: MOST_CPUS, unit: 'CPUs' }),
  cpuWeight: integer({ least: 1, most: 10000 }),
  cpuset: cpuList,
  cpusetMems: cpuList,
  pids: integer({ least: 1, most: MOST_PIDS }),
});

export const resources: Check<Readonly<ResourcesOption>> = (value, option) => {
  const given = resourceFields(value, option);
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
  return given as Readonly<ResourcesOption>;
};
