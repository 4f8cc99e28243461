/** What each command does. Loaded when it is asked for: `--help` and `load` need no library. */
import type { Command, Options, Work } from '../../shared/command-line.ts';
import { DOWN, EXPERIMENT, LOAD, REPORT, STATUS, UP } from '../options.ts';

/** A command's work with the types of its own table, as a row among others: dispatch() gives each the values of its table. */
const work = <Table extends Options>(_command: Command<Table>, act: Work<Table>): Work<Options> => act as Work<Options>;

export const WORKS: Readonly<Record<string, Work<Options>>> = {
  up: work(UP, async ({ values }) => (await import('./up.ts')).up(values)),
  down: work(DOWN, async ({ values }) => (await import('./up.ts')).down(values)),
  status: work(STATUS, async ({ values }) => (await import('./up.ts')).status(values)),
  load: work(LOAD, async ({ values, words }) => (await import('./load.ts')).load(values, words)),
  experiment: work(EXPERIMENT, async ({ values, words, notice }) =>
    (await import('./experiment.ts')).experiment(values, words, notice),
  ),
  report: work(REPORT, async ({ values, words, notice }) =>
    (await import('./report.ts')).report(values, words, notice),
  ),
};
