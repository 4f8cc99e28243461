import { type Controller, setting } from './controller.ts';

export const cpuset: Controller = {
  name: 'cpuset',
  settings: [
    setting({
      option: 'cpuset',
      v1: 'cpuset.cpus',
      v2: 'cpuset.cpus',
      conversion: 'a list, cpuset(7)',
      writes1: (value) => [{ file: 'cpuset.cpus', value }],
      writes2: (value) => [{ file: 'cpuset.cpus', value }],
    }),
    setting({
      option: 'cpusetMems',
      v1: 'cpuset.mems',
      v2: 'cpuset.mems',
      conversion: 'a list, cpuset(7)',
      writes1: (value) => [{ file: 'cpuset.mems', value }],
      writes2: (value) => [{ file: 'cpuset.mems', value }],
    }),
  ],
  // A new v1 cpuset is empty, and nothing can join it until it has CPUs and memory nodes: the parent's, unless given.
  prepare1: (resources, parent) => [
    ...(resources.cpusetMems === undefined ? [{ file: 'cpuset.mems', value: parent('cpuset.mems').trim() }] : []),
    ...(resources.cpuset === undefined ? [{ file: 'cpuset.cpus', value: parent('cpuset.cpus').trim() }] : []),
  ],
};
