/** `cofferdam ls`, `logs` and `autostart`: containers that outlive the programs that made them. */
import type { ListedContainer } from '../index.ts';
import { command, flag, type Options } from './command.ts';
import type { Work } from './main.ts';
import { count } from './values.ts';

export const LS = command({
  name: 'ls',
  summary: 'list detached containers',
  description: [
    'The containers of this machine that outlive the programs that made them, with their states and first processes. Lists ' +
      'those of this user, below COFFERDAM_ROOT if it is set.',
  ],
  options: { json: flag('as a JSON array') },
  statuses: [['125', 'nothing could be looked at']],
  examples: [['sudo cofferdam ls', 'all of them']],
});

export const LOGS = command({
  name: 'logs',
  summary: 'print what a detached container wrote',
  description: [
    'Standard output goes to standard output and standard error to standard error, as the container wrote them.',
  ],
  words: ['NAME'],
  options: {
    follow: flag('go on with what comes, until the container stops', 'f'),
    tail: { value: 'N', short: 'n', help: 'only the last N pieces of output', parse: count },
    timestamps: flag('each piece with the time at which it was written', 't'),
  },
  statuses: [
    ['1', 'there is no such container'],
    ['125', 'the log could not be read'],
  ],
  examples: [['sudo cofferdam logs -f web', 'what web wrote, and what it writes']],
});

export const AUTOSTART = command({
  name: 'autostart',
  summary: 'start the detached containers that are to run',
  description: [
    'Starts every container whose option autostart says so and that does not run: by its order, each after the delay of the one ' +
      'before. For the start of the machine; docs/detached.md has a systemd unit.',
  ],
  options: {},
  statuses: [['1', 'one of them could not be started']],
  examples: [['sudo cofferdam autostart', 'start them']],
});

const print = (text: string): void => void process.stdout.write(`${text}\n`);

/** '3 days', '5 minutes': the largest unit of which it is at least one. */
export function ago(milliseconds: number): string {
  const units = [
    ['day', 86_400_000],
    ['hour', 3_600_000],
    ['minute', 60_000],
  ] as const;
  const [unit, size] = units.find(([, each]) => milliseconds >= each) ?? ['second', 1000];
  const number = Math.max(0, Math.floor(milliseconds / size));
  return `${number} ${unit}${number === 1 ? '' : 's'}`;
}

/** What state it is in, and since when or how it ended. */
function condition({ state, startedAt, exitCode, monitorLost, problem }: ListedContainer, now: number): string {
  if (problem !== undefined) return `${state}, ${problem}`;
  if (state === 'running' || state === 'paused') {
    const since = startedAt ? ` for ${ago(now - startedAt.getTime())}` : '';
    return `${state}${since}${monitorLost ? ', monitor lost' : ''}`;
  }
  if (state !== 'stopped') return state;
  if (monitorLost) return 'stopped, nobody knows how: its monitor was killed';
  return exitCode === null ? 'stopped by a signal' : `stopped, exit status ${exitCode}`;
}

/** A table with a line for each; only its heading when there are none. */
export function formatContainers(containers: readonly ListedContainer[], now = Date.now()): string {
  const rows = [
    ['NAME', 'STATE', 'PID', 'COMMAND'],
    ...containers.map((each) => [each.name, condition(each, now), String(each.pid ?? '-'), each.command.join(' ')]),
  ];
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => (row[column] as string).length)));
  return rows
    .map((row) => row.map((cell, column) => (column < 3 ? cell.padEnd(widths[column] as number) : cell)).join('  '))
    .map((line) => line.trimEnd())
    .join('\n');
}

const logs: Work<typeof LOGS.options> = async ({ values, words: [name = ''], notice }) => {
  const { Container } = await import('../index.ts');
  let container: Awaited<ReturnType<typeof Container.open>>;
  try {
    container = await Container.open(name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_NO_SUCH_CONTAINER') throw error;
    notice((error as Error).message);
    return 1;
  }
  for await (const { data, stream, time } of container.logs({ follow: values.follow, tail: values.tail })) {
    const stamp = values.timestamps ? `${new Date(time).toISOString()} ` : '';
    const output = stream === 'stdout' ? process.stdout : process.stderr;
    output.write(stamp ? Buffer.concat([Buffer.from(stamp), data]) : data);
  }
  return 0;
};

// The library is loaded where it is needed: --help works without the addon.
export const works: Record<string, Work<Options>> = {
  async ls({ values }) {
    const containers = await (await import('../index.ts')).listContainers();
    print(values.json ? JSON.stringify(containers) : formatContainers(containers));
    return 0;
  },
  logs: logs as Work<Options>,
  async autostart({ notice }) {
    const started = await (await import('../index.ts')).startAll();
    for (const { name, error } of started)
      if (error) notice(`${name}: ${error.message}`);
      else print(name);
    return started.some(({ error }) => error) ? 1 : 0;
  },
};
