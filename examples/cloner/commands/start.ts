/** `cloner start`. */
import { writeFileSync } from 'node:fs';
import type { Invocation } from '../../shared/command-line.ts';
import { foreground } from '../foreground.ts';
import { placesFor } from '../found.ts';
import { launch } from '../launch.ts';
import type { START } from '../table/run.ts';

export async function start({ values, words, rest, notice }: Invocation<(typeof START)['options']>): Promise<number> {
  const places = placesFor(values, words);
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
