/** `cloner monitor`: changes of state, as they happen. */
import { watchContainers } from 'cofferdam';
import type { Invocation } from '../../shared/command-line.ts';
import { defaultPath, libraryName, namesIn, placesOf } from '../places.ts';
import { stateName } from '../state.ts';
import type { MONITOR } from '../table/look.ts';

/** The directory's name of what the library knows by its own; one that has gone took its directory along. */
class Names {
  readonly #path: string;
  readonly #known = new Map<string, string>();

  constructor(path: string) {
    this.#path = path;
  }

  of(id: string): string | undefined {
    for (const name of namesIn(this.#path)) this.#known.set(libraryName(placesOf(this.#path, name)), name);
    return this.#known.get(id);
  }
}

/** Until a signal ends it. */
export async function monitor({ values }: Invocation<(typeof MONITOR)['options']>): Promise<number> {
  const names = new Names(values.lxcpath ?? defaultPath());
  const whole = new RegExp(`^(?:${values.name.source})$`);
  for await (const { name: id, state, previous, time } of watchContainers()) {
    const name = names.of(id);
    const now = stateName(state);
    if (name === undefined || !whole.test(name) || now === stateName(previous)) continue;
    const line = values.json ? JSON.stringify({ name, state: now, time }) : `'${name}' changed state to [${now}]`;
    process.stdout.write(`${line}\n`);
  }
  return 0;
}
