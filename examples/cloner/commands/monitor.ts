/** `cloner monitor`: changes of state, as they happen. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Invocation } from '../../shared/command-line.ts';
import { known } from '../found.ts';
import { defaultPath, libraryName, namesIn, placesOf } from '../places.ts';
import { type StateName, stateName } from '../state.ts';
import type { MONITOR } from '../table/look.ts';

const PAUSE = 50;

/** States of the containers of a directory. What is gone is STOPPED for who saw it run. */
async function statesIn(path: string): Promise<Map<string, StateName>> {
  const all = await known();
  return new Map(namesIn(path).map((name) => [name, stateName(all.get(libraryName(placesOf(path, name)))?.state)]));
}

export async function monitor({ values }: Invocation<(typeof MONITOR)['options']>): Promise<number> {
  const path = values.lxcpath ?? defaultPath();
  const whole = new RegExp(`^(?:${values.name.source})$`);
  let before = await statesIn(path);
  for (;;) {
    await sleep(PAUSE);
    const now = await statesIn(path);
    for (const name of new Set([...before.keys(), ...now.keys()])) {
      const [old, state] = [before.get(name) ?? 'STOPPED', now.get(name) ?? 'STOPPED'];
      if (state === old || !whole.test(name)) continue;
      process.stdout.write(
        values.json
          ? `${JSON.stringify({ name, state, time: Date.now() })}\n`
          : `'${name}' changed state to [${state}]\n`,
      );
    }
    before = now;
  }
}
