/** `cloner destroy`. */
import { existsSync, readdirSync } from 'node:fs';
import type { Invocation } from '../../shared/command-line.ts';
import { copiesOf } from '../dependents.ts';
import { takeAway } from '../directory.ts';
import { failure, opened, placesFor, requireDefined } from '../found.ts';
import { runHooks } from '../hooks.ts';
import { stateName } from '../state.ts';
import type { DESTROY } from '../table/make.ts';
import { configOf } from './stop.ts';

export async function destroy({ values, words }: Invocation<(typeof DESTROY)['options']>): Promise<number> {
  const places = placesFor(values, words);
  requireDefined(places);
  const { name, snapshots } = places;
  const copies = copiesOf(places);
  if (copies.length > 0)
    throw failure(`${name} has overlay copies, which need its files: ${copies.join(', ')}; destroy them first`);
  if (!values.snapshots && existsSync(snapshots) && readdirSync(snapshots).length > 0)
    throw failure(`${name} has snapshots; destroy them as well with: cloner destroy -s -n ${name}`);
  const runs = failure(`${name} runs; stop it first, or destroy it all the same with: cloner destroy -f -n ${name}`);
  const stopped = async () => stateName((await opened(places))?.state) === 'STOPPED';
  if (!values.force && !(await stopped())) throw runs;
  const config = configOf(places);
  if (values.force) await (await opened(places))?.stop({ signal: config.stopSignal, timeout: 0 });
  // An ephemeral one is gone now.
  if (!existsSync(places.directory)) return 0;
  await runHooks('destroy', { places, config });
  const away = takeAway(places);
  // Somebody may have started it until its directory was out of the way; from here on nobody can.
  if (!(await stopped())) {
    away.restore();
    throw runs;
  }
  await (await opened(places))?.remove();
  away.remove();
  return 0;
}
