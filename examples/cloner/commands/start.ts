/** `cloner start`. */
import { writeFileSync } from 'node:fs';
import type { Invocation } from '../../shared/command-line.ts';
import { foreground } from '../foreground.ts';
import { placesFor, requireDefined, stateOf } from '../found.ts';
import { launch } from '../launch.ts';
import type { START } from '../table/run.ts';

export async function start({ values, words, rest, notice }: Invocation<(typeof START)['options']>): Promise<number> {
  const places = placesFor(values, words);
  if (values.rcfile === undefined) requireDefined(places);
  // Asked for what is there already, LXC has nothing to do either.
  if (['RUNNING', 'FROZEN'].includes(await stateOf(places))) {
    notice(`${places.name} is already running`);
    return 0;
  }
  const since = new Date();
  const container = await launch(places, {
    command: rest.length > 0 ? rest : undefined,
    rcfile: values.rcfile,
    defined: values.define,
    notice,
  });
  if (values.pidfile !== undefined) writeFileSync(values.pidfile, `${container.pid}\n`);
  return values.foreground ? foreground(container, since) : 0;
}
