import { type Controller, setting } from './controller.ts';

const orMax = (bytes: number): string => (bytes === -1 ? 'max' : String(bytes));

/** The limit is written before memory plus swap: v1 refuses a memsw below the memory limit, and a new cgroup has none. */
export const memory: Controller = {
  name: 'memory',
  settings: [
    setting({
      option: 'memory',
      v1: 'memory.limit_in_bytes',
      v2: 'memory.max',
      conversion: 'bytes',
      writes1: (value) => [{ file: 'memory.limit_in_bytes', value: String(value) }],
      writes2: (value) => [{ file: 'memory.max', value: String(value) }],
    }),
    setting({
      option: 'memorySwap',
      v1: 'memory.memsw.limit_in_bytes',
      v2: 'memory.swap.max',
      conversion: 'v1: memory plus swap, bytes. v2: the swap alone, memorySwap - memory. -1: no limit',
      writes1: (value) => [{ file: 'memory.memsw.limit_in_bytes', value: String(value) }],
      writes2: (value, { memory = 0 }) => [
        { file: 'memory.swap.max', value: value === -1 ? 'max' : orMax(value - memory) },
      ],
    }),
    setting({
      option: 'memoryReservation',
      v1: 'memory.soft_limit_in_bytes',
      v2: 'memory.low',
      conversion: 'bytes',
      writes1: (value) => [{ file: 'memory.soft_limit_in_bytes', value: String(value) }],
      writes2: (value) => [{ file: 'memory.low', value: String(value) }],
    }),
  ],
};
