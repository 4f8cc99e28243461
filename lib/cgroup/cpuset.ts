import { type Controller, plain, setting } from './controller.ts';

export const cpuset: Controller = {
  name: 'cpuset',
  settings: [
    setting({
      option: 'cpuset',
      v1: 'cpuset.cpus',
      v2: 'cpuset.cpus',
      conversion: 'a list, cpuset(7)',
      writes1: plain('cpuset.cpus'),
      writes2: plain('cpuset.cpus'),
    }),
    setting({
      option: 'cpusetMems',
      v1: 'cpuset.mems',
      v2: 'cpuset.mems',
      conversion: 'a list, cpuset(7)',
      writes1: plain('cpuset.mems'),
      writes2: plain('cpuset.mems'),
    }),
  ],
  // A new v1 cpuset is empty, and nothing can join it until it has CPUs and memory nodes: the parent's, unless given.
  prepare1: (resources, parent) => [
    ...(resources.cpusetMems === undefined ? [{ file: 'cpuset.mems', value: parent.read('cpuset.mems').trim() }] : []),
    ...(resources.cpuset === undefined ? [{ file: 'cpuset.cpus', value: parent.read('cpuset.cpus').trim() }] : []),
  ],
};
