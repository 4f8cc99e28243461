import { type Controller, plain, setting } from './controller.ts';

export const pids: Controller = {
  name: 'pids',
  settings: [
    setting({
      option: 'pids',
      v1: 'pids.max',
      v2: 'pids.max',
      conversion: 'a count of processes and threads',
      writes1: plain('pids.max'),
      writes2: plain('pids.max'),
    }),
  ],
};
