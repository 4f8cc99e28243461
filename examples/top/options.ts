/** The command line. */
import { command, flag, values } from '../shared/command-line.ts';

export const TOP = command({
  name: 'top',
  summary: 'the containers that run on this machine, and what they use',
  description: [
    'Shows every container of Cofferdam that runs, whichever program started it: CPU in percent of one CPU, memory and its limit, processes, traffic of its interfaces, and for how many percent of the last ten seconds its processes waited for CPU, memory and disks. A dash is what the kernel does not count: on cgroup v1 it counts memory and processes only where there is a limit.',
    'q or Ctrl-C ends it. Where there is no terminal it shows one table and ends.',
  ],
  options: {
    interval: { value: 'SECONDS', help: 'time between two looks', default: '1', parse: values.positive },
    once: flag('one table, and end'),
    json: flag('JSON instead of a table: with --once an array, else one array a line'),
  },
  statuses: [['0', 'ended by q, or after the one table']],
  examples: [
    ['npm run top', 'look on until q is pressed'],
    ['npm run top -- --once --json', 'for another program'],
  ],
});
