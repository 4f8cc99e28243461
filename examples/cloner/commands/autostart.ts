/** `cloner autostart`. */
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Invocation, UsageError } from '../../shared/command-line.ts';
import type { Config } from '../config/config.ts';
import { opened } from '../found.ts';
import { launch } from '../launch.ts';
import { defaultPath, namesIn, type Places, placesOf } from '../places.ts';
import { stateName } from '../state.ts';
import type { AUTOSTART } from '../table/run.ts';
import { configOf, halt, reboot } from './stop.ts';

type Values = Invocation<(typeof AUTOSTART)['options']>['values'];

interface Chosen {
  readonly places: Places;
  readonly config: Config;
}

/** Group by group in the order asked for, '' being none; in a group by order, the lowest first. */
export function chosen(all: readonly Chosen[], { groups, all: every }: Pick<Values, 'groups' | 'all'>): Chosen[] {
  const inOrder = [...all].sort(
    (a, b) => a.config.startOrder - b.config.startOrder || (a.places.name < b.places.name ? -1 : 1),
  );
  if (every) return inOrder;
  const picked = (groups ?? ['']).flatMap((group) =>
    inOrder.filter(({ config }) =>
      group === '' ? config.startGroups.length === 0 : config.startGroups.includes(group),
    ),
  );
  return [...new Set(picked)];
}

/** Undefined for one that was destroyed meanwhile. */
function configIfThere(places: Places): Config | undefined {
  try {
    return configOf(places);
  } catch (error) {
    if (!existsSync(places.config)) return undefined;
    throw error;
  }
}

/** Whether it is to end, or end and start again. */
const ends = ({ kill, reboot, shutdown }: Values): boolean => Boolean(kill || reboot || shutdown);

async function act({ places, config }: Chosen, values: Values, notice: (text: string) => void): Promise<void> {
  const container = await opened(places);
  const runs = container !== undefined && stateName(container.state) !== 'STOPPED';
  if (runs !== ends(values)) return;
  const delay = values.kill || values.shutdown ? undefined : config.startDelay;
  if (values.list) {
    process.stdout.write(`${[places.name, delay].filter((word) => word !== undefined).join(' ')}\n`);
    return;
  }
  if (!container || !runs) await launch(places, { notice });
  else if (values.kill) await container.stop({ signal: config.stopSignal, timeout: 0 });
  else if (values.reboot) await reboot(places, container, config, { timeout: values.timeout, notice });
  else await halt(container, config, { timeout: values.timeout, notice });
  if (delay) await sleep(delay * 1000);
}

export async function autostart({ values, notice }: Invocation<(typeof AUTOSTART)['options']>): Promise<number> {
  if ([values.kill, values.reboot, values.shutdown].filter(Boolean).length > 1)
    throw new UsageError('only one of -k, -r and -s makes sense');
  const path = values.lxcpath ?? defaultPath();
  let failed = 0;
  // What is wrong with one container keeps no other from starting.
  const each = async <Result>(name: string, work: () => Result | Promise<Result>): Promise<Result | undefined> => {
    try {
      return await work();
    } catch (error) {
      failed++;
      notice(`${name}: ${(error as Error).message}`);
      return undefined;
    }
  };
  const all: Chosen[] = [];
  for (const name of namesIn(path)) {
    const places = placesOf(path, name);
    const config = await each(name, () => configIfThere(places));
    if (config && (config.autostart || values['ignore-auto'])) all.push({ places, config });
  }
  for (const one of chosen(all, values)) await each(one.places.name, () => act(one, values, notice));
  return failed > 0 ? 1 : 0;
}
