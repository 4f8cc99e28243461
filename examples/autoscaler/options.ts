/** The command lines. */
import { type Command, command, flag, UsageError, values } from '../shared/command-line.ts';
import { EXPERIMENT_NAMES } from './experiment/scenarios.ts';
import { SHAPE_NAMES } from './load/choose.ts';
import { POLICY_NAMES, policyOf } from './policy/index.ts';
import { PRESETS } from './settings.ts';

function port(text: string): number {
  const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(number >= 1 && number <= 65535)) throw new UsageError(`'${text}' is not a port; give 1 to 65535`);
  return number;
}

function name(text: string): string {
  if (!/^[a-z][a-z0-9]{0,11}$/.test(text))
    throw new UsageError(`'${text}' is not a name; give up to 12 lower-case letters and digits, a letter first`);
  return text;
}

function policy(text: string): string {
  if (!policyOf(text))
    throw new UsageError(
      `there is no policy '${text}'; there are ${POLICY_NAMES.join(', ')}, and fixed-N for N replicas`,
    );
  return text;
}

function oneOf(names: readonly string[]): (text: string) => string {
  return (text) => {
    if (!names.includes(text)) throw new UsageError(`there is no '${text}'; there are ${names.join(', ')}`);
    return text;
  };
}

function whole(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new UsageError(`'${text}' must be a whole number, 0 or more`);
  return Number(text);
}

function share(text: string): number {
  const number = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (!(number <= 1)) throw new UsageError(`'${text}' must be a number from 0 to 1`);
  return number;
}

function rate(text: string): number {
  const number = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isNaN(number)) throw new UsageError(`'${text}' must be a number, 0 or more`);
  return number;
}

const NAME = {
  value: 'NAME',
  help: 'which autoscaler, where there are several',
  default: PRESETS.name,
  parse: name,
} as const;

const SIZES = {
  policy: {
    value: 'POLICY',
    help: `${POLICY_NAMES.join(', ')}, or fixed-N`,
    default: PRESETS.policy,
    complete: POLICY_NAMES,
    parse: policy,
  },
  min: { value: 'N', help: 'fewest replicas', default: String(PRESETS.min), parse: values.count },
  max: { value: 'N', help: 'most replicas', default: String(PRESETS.max), parse: values.count },
  pool: { value: 'N', help: 'replicas kept started for later', default: String(PRESETS.pool), parse: whole },
  rate: { value: 'N', help: 'requests a second of one replica', default: String(PRESETS.rate), parse: values.positive },
} as const;

const DEADLINE = {
  value: 'SECONDS',
  help: 'what is not answered in full by then, from its intended time, has failed',
  default: '5',
  parse: values.positive,
} as const;
const SEED = {
  value: 'N',
  help: 'of everything random: the same seed is the same load',
  default: '1',
  parse: whole,
} as const;

export const UP = command({
  name: 'up',
  summary: 'start the autoscaler in the background',
  description: [
    'Makes a network, a container with HAProxy, and replicas of the object store, and starts the controller. Where a controller was killed, the new one takes over the containers that run. Prints the addresses and ends. Needs root.',
  ],
  options: {
    ...SIZES,
    entry: { value: 'PORT', help: 'where requests go', default: String(PRESETS.ports.entry), parse: port },
    statistics: { value: 'PORT', help: "HAProxy's statistics", default: String(PRESETS.ports.statistics), parse: port },
    dashboard: { value: 'PORT', help: 'the dashboard', default: String(PRESETS.ports.dashboard), parse: port },
    objects: {
      value: 'DIR',
      help: 'directory of the objects, made when missing',
      default: PRESETS.objects,
      complete: 'directory',
      parse: values.nonEmpty,
    },
    name: NAME,
  },
  examples: [['npm run autoscaler -- up --policy predictive --max 6', 'then open the dashboard']],
});

export const DOWN = command({
  name: 'down',
  summary: 'stop it, and leave nothing',
  description: [
    'Ends the controller, removes its containers and the network. After a crash as well: what has the name is removed. Objects are kept. Needs root.',
  ],
  options: { name: NAME },
  examples: [['npm run autoscaler -- down', 'whatever state it is in']],
});

export const STATUS = command({
  name: 'status',
  summary: 'replicas, load and the last decisions',
  description: ['Asks the controller.'],
  options: { name: NAME, json: flag('all of it as JSON') },
  statuses: [['1', 'it does not run']],
  examples: [['npm run autoscaler -- status', 'a table']],
});

export const LOAD = command({
  name: 'load',
  summary: 'a load of requests, open or closed',
  description: [
    'Open loop: each request is sent at its own time, which is known beforehand, and its latency counts from then. Closed loop, with -c: clients that ask again when they have their answer.',
    'GET and PUT of objects that it puts there first. Percentiles, and failures by kind: refused, reset, deadline, torn, status N.',
  ],
  options: {
    clients: { value: 'N', short: 'c', help: 'closed loop: so many clients', parse: values.count },
    spawn: {
      value: 'N',
      short: 'r',
      help: 'closed loop: clients that come a second',
      default: '1',
      parse: values.positive,
    },
    think: { value: 'SECONDS', help: 'closed loop: pause of a client before it asks again', default: '0', parse: rate },
    shape: {
      value: 'SHAPE',
      help: SHAPE_NAMES.join(', '),
      default: 'constant',
      complete: SHAPE_NAMES,
      parse: oneOf(SHAPE_NAMES),
    },
    low: { value: 'N', help: 'requests a second at the least', default: '20', parse: rate },
    high: { value: 'N', help: 'and at the most; what constant has', default: '50', parse: rate },
    trace: {
      value: 'FILE',
      help: "with --shape trace: lines of 'seconds,rate'",
      complete: 'file',
      parse: values.nonEmpty,
    },
    duration: { value: 'SECONDS', help: 'for so long', default: '30', parse: values.positive },
    even: flag('arrivals evenly apart, instead of as independent users come'),
    writes: { value: 'SHARE', help: 'of PUT, 0 to 1', default: '0.2', parse: share },
    size: { value: 'BYTES', help: 'of an object', default: '2K', parse: values.size },
    deadline: DEADLINE,
    seed: SEED,
    json: flag('the result as JSON'),
    lines: flag('a line of JSON each second'),
  },
  words: ['URL'],
  statuses: [['1', 'a request failed']],
  examples: [
    ['npm run autoscaler -- load -c 10 -r 0.5 http://127.0.0.1:8080', 'ten clients, one more every two seconds'],
    ['npm run autoscaler -- load --shape spike --high 200 http://127.0.0.1:8080', 'ten times the load at once'],
  ],
});

export const EXPERIMENT = command({
  name: 'experiment',
  summary: 'a load, what the autoscaler makes of it, and whether that is as it should be',
  description: [
    `NAME is one of ${EXPERIMENT_NAMES.join(', ')}. Runs an autoscaler of its own, on free ports, with objects in a directory of its own, and leaves nothing of it.`,
    'DIR gets result.json, report.md, report.html, haproxy.cfg, and how containers, root file system and load were made. Needs root.',
  ],
  options: {
    ...SIZES,
    low: { value: 'N', help: 'requests a second at the least (default by the experiment)', parse: rate },
    high: { value: 'N', help: 'and at the most', parse: rate },
    duration: { value: 'SECONDS', help: 'of the load (default by the experiment)', parse: values.positive },
    seed: SEED,
    deadline: DEADLINE,
    out: { value: 'DIR', help: 'default results/autoscaler-NAME-DATE', complete: 'directory', parse: values.nonEmpty },
  },
  words: ['NAME'],
  statuses: [
    ['1', 'a check failed'],
    ['130', 'interrupted; nothing is left behind'],
  ],
  examples: [['npm run autoscaler -- experiment spike', 'ten times the load at once']],
});

export const REPORT = command({
  name: 'report',
  summary: "the assignment's report out of experiments' results",
  description: [
    'Reads DIR/*/result.json and writes DIR/report.md and DIR/report.html: architecture, choices, and results with their plots.',
  ],
  options: {
    pdf: flag('also report.pdf, with Chromium'),
    author: { value: 'NAME', help: 'whose report it is', parse: values.nonEmpty },
  },
  words: ['[DIR]'],
  statuses: [['1', 'there are no results']],
  examples: [['npm run autoscaler -- report results', 'of all experiments in results']],
});

export const AUTOSCALER: Command = command({
  name: 'autoscaler',
  summary: 'a rate-limited object store behind HAProxy that scales with its load',
  description: [
    'Without a command: everything is set up, a load of 60 seconds goes through it, the dashboard shows what happens, and nothing is left at the end or at Ctrl-C.',
  ],
  options: {},
  subcommands: [UP, DOWN, STATUS, LOAD, EXPERIMENT, REPORT] as unknown as readonly Command[],
  environment: [['COFFERDAM_CACHE', 'directory of the root file systems, instead of ./rootfs']],
  examples: [['npm run autoscaler', 'the demonstration']],
});

/** What is run without a command: so that its errors are told as any command's. */
export const DEMONSTRATION = command({
  name: 'autoscaler',
  summary: AUTOSCALER.summary,
  description: AUTOSCALER.description,
  options: {},
  examples: AUTOSCALER.examples,
});
