/** Commands that run containers, and things in them. */
import { command, flag, UsageError, values } from '../../shared/command-line.ts';
import { COMMON_OPTIONS, DEFINE, FAILED, NAME, NAME_WORD, RCFILE, timeout } from './common.ts';

export const START = command({
  name: 'start',
  summary: 'start a container',
  description: [
    'Read the configuration and start lxc.init.cmd, or COMMAND, as the first process. It runs on when this command has ended; ' +
      'what it prints is kept for logs.',
  ],
  options: {
    ...NAME,
    daemon: flag('the default, as LXC has it', 'd'),
    foreground: flag('stay, with its console on this terminal, until it stops', 'F'),
    pidfile: { value: 'FILE', short: 'p', help: 'write its pid there', complete: 'file', parse: values.nonEmpty },
    ...RCFILE,
    ...DEFINE,
    ...COMMON_OPTIONS,
  },
  words: NAME_WORD,
  runs: '[-- COMMAND ARG...]',
  statuses: FAILED,
  examples: [
    ['npm run cloner -- start -n base', 'in the background'],
    ['npm run cloner -- start -n base -- /bin/httpd -f -p 80', 'with a plain command instead of an init'],
  ],
});

export const STOP = command({
  name: 'stop',
  summary: 'stop or reboot a container',
  description: [
    'Send lxc.signal.halt (SIGPWR) and wait for the end; after the time is over, kill the container. -r sends lxc.signal.reboot ' +
      '(SIGINT) instead, and waits until it has started again.',
  ],
  options: {
    ...NAME,
    reboot: flag('reboot it', 'r'),
    kill: flag('kill it at once', 'k'),
    timeout: timeout('seconds until it is killed (default 60)'),
    nowait: flag('do not wait', 'W'),
    nokill: flag('do not kill it when the time is over'),
    nolock: flag('accepted, as LXC has it: nothing is locked'),
    ...COMMON_OPTIONS,
  },
  words: NAME_WORD,
  statuses: [...FAILED, ['2', 'it was not running, or there is none']],
  examples: [
    ['npm run cloner -- stop -n base -t 5', 'it has five seconds'],
    ['npm run cloner -- stop -n base -r', 'off and on again'],
  ],
});

export const ATTACH = command({
  name: 'attach',
  summary: 'run a command, or a shell, in a running container',
  description: ['Run COMMAND, or a shell, in the container, on this terminal or with these streams.'],
  options: {
    ...NAME,
    'clear-env': flag('only the container’s own environment; the default'),
    'keep-env': flag("this program's environment as well"),
    'set-var': { value: 'VAR=VALUE', short: 'v', help: 'a variable', repeats: true, parse: variable },
    'keep-var': {
      value: 'VAR',
      help: "a variable of this program's environment",
      repeats: true,
      parse: values.nonEmpty,
    },
    uid: { value: 'UID', short: 'u', help: 'as this user', parse: id },
    gid: { value: 'GID', short: 'g', help: 'with this group', parse: id },
    'elevated-privileges': flag('refused: a process has at most the privileges of its container', 'e'),
    namespaces: {
      value: 'NAME|...',
      short: 's',
      help: 'refused, unless it names all: a process is in all namespaces of its container',
      parse: namespaces,
    },
    'remount-sys-proc': flag('no effect: /proc and /sys are those of the container anyway', 'R'),
    ...COMMON_OPTIONS,
  },
  words: NAME_WORD,
  runs: '[-- COMMAND ARG...]',
  statuses: [
    ['1', 'the container does not run, or -e or -s cannot be done'],
    ['126', 'COMMAND cannot be executed'],
    ['127', 'COMMAND was not found'],
    ['128+N', 'COMMAND was ended by signal N'],
    ['other', "COMMAND's own exit status"],
  ],
  examples: [
    ['npm run cloner -- attach -n base', 'a shell'],
    ['npm run cloner -- attach -n base -- ps', 'its processes'],
  ],
});

export const EXECUTE = command({
  name: 'execute',
  summary: 'run one command in a container of its own',
  description: [
    'Start the container with COMMAND, or lxc.execute.cmd, below a small init, in the foreground. The container need not be ' +
      "there: without a configuration it has a copy of this machine's root file system, and vanishes in the end.",
  ],
  options: {
    ...NAME,
    daemon: flag('in the background', 'd'),
    uid: { value: 'UID', short: 'u', help: 'as this user', parse: id },
    gid: { value: 'GID', short: 'g', help: 'with this group', parse: id },
    ...RCFILE,
    ...DEFINE,
    ...COMMON_OPTIONS,
  },
  words: NAME_WORD,
  runs: '[-- COMMAND ARG...]',
  statuses: [
    ['1', 'it could not be started'],
    ['other', "COMMAND's own exit status"],
  ],
  examples: [['npm run cloner -- execute -n job -- /bin/sh -c "echo hello"', 'prints hello']],
});

export const FREEZE = command({
  name: 'freeze',
  summary: 'stop the processes of a container where they are',
  description: ['Freeze all processes of the container, until unfreeze.'],
  options: { ...NAME, ...COMMON_OPTIONS },
  words: NAME_WORD,
  statuses: FAILED,
  examples: [['npm run cloner -- freeze -n base', 'its state is FROZEN']],
});

export const UNFREEZE = command({
  name: 'unfreeze',
  summary: 'let the processes of a frozen container go on',
  description: ['Thaw all processes of the container.'],
  options: { ...NAME, ...COMMON_OPTIONS },
  words: NAME_WORD,
  statuses: FAILED,
  examples: [['npm run cloner -- unfreeze -n base', 'its state is RUNNING']],
});

export const AUTOSTART = command({
  name: 'autostart',
  summary: 'start, stop or list the containers that start by themselves',
  description: [
    'Start the containers with lxc.start.auto = 1 in the order of lxc.start.order, and wait lxc.start.delay seconds after each. ' +
      'Without -g or -a those of no group.',
  ],
  options: {
    kill: flag('kill those that run instead', 'k'),
    list: flag('list which those are, with the delay after each, and do nothing; also with -k, -r, -s', 'L'),
    reboot: flag('reboot those that run instead', 'r'),
    shutdown: flag('stop those that run instead', 's'),
    all: flag('of all groups', 'a'),
    'ignore-auto': flag('whatever lxc.start.auto says', 'A'),
    groups: { value: 'GROUP,...', short: 'g', help: 'of these groups', parse: (text: string) => text.split(',') },
    timeout: timeout('with -s and -r: seconds until one is killed (default 60)'),
    ...COMMON_OPTIONS,
  },
  statuses: FAILED,
  examples: [
    ['npm run cloner -- autostart', 'at the start of the machine, say'],
    ['npm run cloner -- autostart -L -a', 'what that would be'],
  ],
});

function id(text: string): number {
  if (!/^\d{1,10}$/.test(text) || Number(text) > 2 ** 32 - 2)
    throw new UsageError(`'${text}' is not an id; give a number`);
  return Number(text);
}

function variable(text: string): readonly [name: string, value: string] {
  const [name = '', ...rest] = text.split('=');
  if (name === '' || rest.length === 0) throw new UsageError(`'${text}' is not VAR=VALUE`);
  return [name, rest.join('=')];
}

/** LXC's names, and nsenter(1)'s options for them. */
export const LXC_NAMESPACES = {
  MOUNT: { file: 'mnt', option: '--mount' },
  PID: { file: 'pid', option: '--pid' },
  UTSNAME: { file: 'uts', option: '--uts' },
  IPC: { file: 'ipc', option: '--ipc' },
  USER: { file: 'user', option: '--user' },
  NETWORK: { file: 'net', option: '--net' },
} as const;
export type LxcNamespace = keyof typeof LXC_NAMESPACES;

function namespaces(text: string): LxcNamespace[] {
  const all = Object.keys(LXC_NAMESPACES);
  const names = text.split('|');
  const wrong = names.find((name) => !all.includes(name));
  if (wrong !== undefined) throw new UsageError(`there is no namespace '${wrong}'; there are ${all.join('|')}`);
  return names as LxcNamespace[];
}
