/** Commands that look. */
import { command, flag, UsageError, values } from '../../shared/command-line.ts';
import { COMMON_OPTIONS, FAILED, NAME, NAME_WORD, seconds, timeout } from './common.ts';

export const COLUMNS = [
  ...['NAME', 'STATE', 'PID', 'RAM', 'SWAP', 'AUTOSTART', 'GROUPS', 'INTERFACE', 'IPV4', 'IPV6', 'UNPRIVILEGED'],
] as const;
export type ColumnName =
  | 'NAME'
  | 'STATE'
  | 'PID'
  | 'RAM'
  | 'SWAP'
  | 'AUTOSTART'
  | 'GROUPS'
  | 'INTERFACE'
  | 'IPV4'
  | 'IPV6'
  | 'UNPRIVILEGED';

function columns(text: string): ColumnName[] {
  return text.split(',').map((word) => {
    const name = word.trim().toUpperCase();
    if (!(COLUMNS as readonly string[]).includes(name))
      throw new UsageError(`there is no column '${word}'; there are ${COLUMNS.join(', ')}`);
    return name as ColumnName;
  });
}

function pattern(text: string): RegExp {
  try {
    return new RegExp(text);
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

export const STATES = [
  'STOPPED',
  'STARTING',
  'RUNNING',
  'STOPPING',
  'ABORTING',
  'FREEZING',
  'FROZEN',
  'THAWED',
] as const;

function states(text: string): string[] {
  return text.split('|').map((word) => {
    const name = word.trim().toUpperCase();
    if (!(STATES as readonly string[]).includes(name))
      throw new UsageError(`there is no state '${word}'; there are ${STATES.join(', ')}`);
    return name;
  });
}

export const LS = command({
  name: 'ls',
  summary: 'list the containers',
  description: ['List the containers of the directory, with -f as a table, with --json for a program.'],
  options: {
    line: flag('one a line', '1'),
    fancy: flag('as a table', 'f'),
    'fancy-format': {
      value: 'COLUMN,...',
      short: 'F',
      help: `columns of the table: ${COLUMNS.join(', ')}`,
      parse: columns,
    },
    json: flag('as a JSON array'),
    active: flag('only those that are not stopped'),
    running: flag('only those that run'),
    frozen: flag('only those that are frozen'),
    stopped: flag('only those that are stopped'),
    defined: flag('only those with a configuration, which all have'),
    filter: { value: 'REGEX', help: 'only those with such a name', parse: pattern },
    groups: {
      value: 'GROUP,...',
      short: 'g',
      help: 'only those in all of these groups',
      parse: (text: string) => text.split(','),
    },
    ...COMMON_OPTIONS,
  },
  statuses: FAILED,
  examples: [
    ['npm run cloner -- ls --fancy', 'a table'],
    ['npm run cloner -- ls --json', 'for a program'],
  ],
});

export const INFO = command({
  name: 'info',
  summary: 'what a container is and uses',
  description: ['Print state, pid, addresses and usage; with options only what they ask for.'],
  options: {
    ...NAME,
    config: { value: 'KEY', short: 'c', help: 'a key of the configuration', repeats: true, parse: values.nonEmpty },
    ips: flag('its addresses', 'i'),
    pid: flag("its first process's pid", 'p'),
    stats: flag('its usage', 'S'),
    state: flag('its state', 's'),
    'no-humanize': flag('numbers as they are', 'H'),
    json: flag('as JSON'),
    ...COMMON_OPTIONS,
  },
  words: NAME_WORD,
  statuses: [['1', 'there is no such container']],
  examples: [['npm run cloner -- info -n base', 'everything']],
});

export const WAIT = command({
  name: 'wait',
  summary: 'wait until a container is in a state',
  description: ['Wait until the state is one of those asked for. One that is not there, or not any more, is STOPPED.'],
  options: {
    ...NAME,
    state: { value: 'STATE|...', short: 's', help: STATES.join(', '), complete: STATES, parse: states },
    timeout: timeout('seconds to wait (default: for ever)'),
    ...COMMON_OPTIONS,
  },
  words: NAME_WORD,
  statuses: [['1', 'the time is over, or there is no such container']],
  examples: [["npm run cloner -- wait -n base -s 'STOPPED'", 'until it has ended']],
});

export const LOGS = command({
  name: 'logs',
  summary: 'what a container has printed',
  description: ['Print what its first process, and whoever has its console, has written.'],
  options: { ...NAME, follow: flag('go on with what is written, until it stops', 'f'), ...COMMON_OPTIONS },
  words: NAME_WORD,
  statuses: FAILED,
  examples: [['npm run cloner -- logs -n base -f', 'as it happens']],
});

export const CGROUP = command({
  name: 'cgroup',
  summary: "read or change a file of a container's cgroup",
  description: ["Print a file such as memory.max of the running container's cgroup, or write a value to it."],
  options: { ...NAME, ...COMMON_OPTIONS },
  words: ['KEY', '[VALUE]'],
  statuses: FAILED,
  examples: [
    ['npm run cloner -- cgroup -n base cpuset.cpus', 'on which CPUs it runs'],
    ['npm run cloner -- cgroup -n base pids.max 50', 'another limit'],
  ],
});

export const MONITOR = command({
  name: 'monitor',
  summary: 'changes of state, as they happen',
  description: ['Print a line for each change of state, until Ctrl-C.'],
  options: {
    name: {
      value: 'REGEX',
      short: 'n',
      help: 'of the containers whose whole name this matches',
      default: '.*',
      parse: pattern,
    },
    json: flag('each as a JSON object'),
    ...COMMON_OPTIONS,
  },
  examples: [["npm run cloner -- monitor -n 'web.*'", 'of all whose names begin with web']],
});

export const TOP = command({
  name: 'top',
  summary: 'what the running containers use',
  description: [
    'Show the running containers with their use of CPU, disks and memory, again and again. q ends it, n, c, b and m sort, r reverses.',
  ],
  options: {
    delay: { value: 'SEC', short: 'd', help: 'seconds between two looks', default: '3', parse: seconds },
    batch: flag('one table after the other, for a file', 'b'),
    sort: {
      value: 'COLUMN',
      short: 's',
      help: 'n name, c CPU, b disks, m memory',
      default: 'n',
      complete: ['n', 'c', 'b', 'm'],
      parse: sort,
    },
    reverse: flag('descending', 'r'),
    ...COMMON_OPTIONS,
  },
  examples: [['npm run cloner -- top -s c', 'by their use of CPU']],
});

function sort(text: string): 'n' | 'c' | 'b' | 'm' {
  if (text !== 'n' && text !== 'c' && text !== 'b' && text !== 'm')
    throw new UsageError(`'${text}' is none of n, c, b, m`);
  return text;
}
