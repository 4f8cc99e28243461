/** `cloner autostart`. */
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

async function act({ places, config }: Chosen, values: Values, notice: (text: string) => void): Promise<void> {
  const container = await opened(places);
  const runs = container !== undefined && stateName(container.state) !== 'STOPPED';
  if (values.shutdown || values.kill || values.reboot) {
    if (!runs) return;
    if (values.kill) await container.stop({ signal: config.stopSignal, timeout: 0 });
    else if (values.reboot) await reboot(places, container, config, { timeout: values.timeout, notice });
    else await halt(container, config, { timeout: values.timeout, notice });
    return;
  }
  if (runs) return;
  await launch(places, { notice });
  if (config.startDelay > 0) await sleep(config.startDelay * 1000);
}

export async function autostart({ values, notice }: Invocation<(typeof AUTOSTART)['options']>): Promise<number> {
  if ([values.kill, values.reboot, values.shutdown, values.list].filter(Boolean).length > 1)
    throw new UsageError('only one of -k, -L, -r and -s makes sense');
  const path = values.lxcpath ?? defaultPath();
  const all = namesIn(path)
    .map((name) => placesOf(path, name))
    .map((places) => ({ places, config: configOf(places) }))
    .filter(({ config }) => config.autostart || values['ignore-auto']);
  let failed = 0;
  for (const each of chosen(all, values)) {
    if (values.list) {
      process.stdout.write(`${each.places.name} ${each.config.startDelay}\n`);
      continue;
    }
    try {
      await act(each, values, notice);
    } catch (error) {
      failed++;
      notice(`${each.places.name}: ${(error as Error).message}`);
    }
  }
  return failed > 0 ? 1 : 0;
}
