import { type Controller, plain, setting } from './controller.ts';

const flag = (file: string) => (value: boolean) => [{ file, value: value ? '1' : '0' }];

/** The limit is written before memory plus swap: v1 refuses a memsw below the memory limit, and a new cgroup has none. */
export const memory: Controller = {
  name: 'memory',
  settings: [
    setting({
      option: 'memory',
      v1: 'memory.limit_in_bytes',
      v2: 'memory.max',
      conversion: 'bytes',
      writes1: plain('memory.limit_in_bytes'),
      writes2: plain('memory.max'),
    }),
    setting({
      option: 'memorySwap',
      v1: 'memory.memsw.limit_in_bytes',
      v2: 'memory.swap.max',
      conversion: 'v1: memory plus swap, bytes. v2: the swap alone, memorySwap - memory. -1: no limit',
      writes1: plain('memory.memsw.limit_in_bytes'),
      writes2: (value, { memory = 0 }) => [
        { file: 'memory.swap.max', value: value === -1 ? 'max' : String(value - memory) },
      ],
    }),
    setting({
      option: 'memoryReservation',
      v1: 'memory.soft_limit_in_bytes',
      v2: 'memory.low',
      conversion: 'bytes',
      writes1: plain('memory.soft_limit_in_bytes'),
      writes2: plain('memory.low'),
    }),
    setting({
      option: 'memoryHigh',
      v2: 'memory.high',
      conversion: 'bytes',
      instead: 'memoryReservation is the nearest that v1 has',
      writes2: plain('memory.high'),
    }),
    setting({
      option: 'oomGroup',
      v2: 'memory.oom.group',
      conversion: '0 or 1',
      instead: "v1 kills one process at a time; the end of a container's first process ends all others anyway",
      writes2: flag('memory.oom.group'),
    }),
    setting({
      option: 'oomKillDisable',
      v1: 'memory.oom_control',
      conversion: '0 or 1',
      instead: 'v2 always kills; memoryHigh slows processes down before',
      writes1: (value) => [
        {
          file: 'memory.oom_control',
          value: value ? '1' : '0',
          restore: (before) => /^oom_kill_disable (\d)/m.exec(before)?.[1] ?? '0',
        },
      ],
    }),
  ],
};
