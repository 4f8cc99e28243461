/** The package's own command: what a machine can do, and looking after what runs on it. */
import { readFileSync } from 'node:fs';
import type { Garbage, Probe } from '../index.ts';
import { type Command, command, flag } from './command.ts';
import { AUTOSTART, works as detachedWorks, LOGS, LS } from './detached.ts';
import { wrap } from './help.ts';
import { dispatch, main, type Work } from './main.ts';
import { type Style, style } from './style.ts';

const PROBE = command({
  name: 'probe',
  summary: 'say what this kernel and this user can do',
  description: [
    'List what containers use, whether it is available here, and for each that is not: why, what it is needed for, and what ' +
      'would help. Changes nothing, needs no root.',
  ],
  options: { json: flag('as a JSON object') },
  statuses: [
    ['1', 'a container with default options cannot be started here'],
    ['125', 'the question could not be answered'],
  ],
  examples: [
    ['cofferdam probe', 'the list'],
    ['cofferdam probe --json', 'the same for a program'],
  ],
});

const GC = command({
  name: 'gc',
  summary: 'undo what dead programs left behind',
  description: [
    'Programs that use cofferdam clean up after themselves, and a janitor does when they are killed. When both died, cgroups ' +
      'with what runs in them, links and directories may remain: this undoes them. So it does with what is left of detached ' +
      'containers whose monitors were killed. What living programs own is not touched, nor is a container that runs.',
  ],
  options: { 'dry-run': flag('only say what would be undone'), json: flag('as a JSON array') },
  statuses: [
    ['1', 'something could not be undone'],
    ['125', 'nothing could be looked at'],
  ],
  examples: [['sudo cofferdam gc --dry-run', 'what is there to undo']],
});

export const COFFERDAM: Command = command({
  name: 'cofferdam',
  summary: 'look after Linux containers of Node.js programs',
  description: [
    'Containers are made by programs that import the library cofferdam; this command says whether they can be, shows those that ' +
      'outlive their programs, and cleans up.',
  ],
  options: {},
  subcommands: [PROBE, LS, LOGS, AUTOSTART, GC] as Command[],
  environment: [
    ['COFFERDAM_ROOT', 'directory of the state (in its run and lib), instead of /run/cofferdam and /var/lib/cofferdam'],
    ['NO_COLOR', 'when not empty: no colours'],
  ],
  examples: [['cofferdam probe', 'what this machine can do']],
});

const print = (text: string): void => void process.stdout.write(`${text}\n`);

/** One line for what is there, with its reason below for what isn't. */
export function formatProbe(
  { usable, kernel, cgroups, features }: Probe,
  { bold, dim, green, red, yellow }: Style,
): string {
  const width = Math.max(...features.map(({ feature }) => feature.length));
  const rows = features.map(({ feature, available, purpose, reason, remedy }) => {
    const line = `${available ? green('yes') : yellow('no ')}  ${feature.padEnd(width)}  ${dim(purpose)}`.trimEnd();
    const why = [reason, remedy].filter(Boolean).join('; ');
    return available ? line : `${line}\n     ${wrap(why, 100, 5)}`;
  });
  const verdict = usable ? green('containers can be started here') : red('containers cannot be started here');
  return [`Linux ${kernel}, cgroups: ${cgroups}`, ...rows, bold(verdict)].join('\n');
}

export function formatGarbage(garbage: readonly Garbage[], dryRun: boolean): string {
  const lines = garbage.flatMap(({ undo, errors }) => [
    ...undo.map((each) => `${dryRun ? 'would ' : ''}${each}`),
    ...errors.map((error) => `  failed: ${error}`),
  ]);
  return lines.length > 0 ? lines.join('\n') : 'nothing to undo';
}

// The library is loaded where it is needed: --help works without the addon.
const works: Record<string, Work<Command['options']>> = {
  async probe({ values }) {
    const found = (await import('../index.ts')).probe();
    print(values.json ? JSON.stringify(found) : formatProbe(found, style(process.stdout)));
    return found.usable ? 0 : 1;
  },
  async gc({ values }) {
    const dryRun = values['dry-run'] === true;
    const garbage = (await import('../index.ts')).collectGarbage({ dryRun });
    print(values.json ? JSON.stringify(garbage) : formatGarbage(garbage, dryRun));
    return garbage.some(({ errors }) => errors.length > 0) ? 1 : 0;
  },
  ...detachedWorks,
};

export async function cofferdam(words: readonly string[]): Promise<void> {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  await main(dispatch(COFFERDAM, version, words, works));
}
