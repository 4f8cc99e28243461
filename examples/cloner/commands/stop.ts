/** `cloner stop`: halt, reboot or kill. */

import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DetachedContainer } from 'cofferdam';
import type { Invocation } from '../../shared/command-line.ts';
import type { Config } from '../config/config.ts';
import { parseConfig } from '../config/read.ts';
import { failure, isDefined, missing, opened, placesFor } from '../found.ts';
import { launch } from '../launch.ts';
import type { Places } from '../places.ts';
import { stateName } from '../state.ts';
import type { STOP } from '../table/run.ts';

/** LXC's, seconds. */
const PATIENCE = 60;
const NOT_RUNNING = 2;
/** Between two looks, milliseconds. */
const PAUSE = 20;

/** What there is of it: a container can be stopped whatever became of its configuration. */
export const configOf = ({ config }: Places): Config => parseConfig(readFileSync(config, 'utf8'), config).config;

export interface StopRequest {
  /** Seconds; below 0: for ever. */
  readonly timeout?: number | undefined;
  readonly nowait?: boolean | undefined;
  readonly nokill?: boolean | undefined;
  readonly notice: (text: string) => void;
}

const milliseconds = (seconds = PATIENCE): number => (seconds < 0 ? 2 ** 31 - 1 : seconds * 1000);

/** Until `check`, for so long. */
async function until(check: () => boolean, patience: number): Promise<boolean> {
  for (const end = Date.now() + patience; !check(); await sleep(PAUSE)) if (Date.now() > end) return false;
  return true;
}

export async function halt(container: DetachedContainer, config: Config, request: StopRequest): Promise<void> {
  if (request.nowait) {
    container.kill(config.haltSignal);
  } else if (request.nokill) {
    if (stateName(container.state) === 'FROZEN') await container.resume();
    container.kill(config.haltSignal);
    const over = await until(() => stateName(container.state) === 'STOPPED', milliseconds(request.timeout));
    if (!over) throw failure('the time is over, and it still runs');
  } else await container.stop({ signal: config.haltSignal, timeout: milliseconds(request.timeout) });
}

/** An init that understands the signal reboots; what only ends is started again, and what does neither is killed before. */
export async function reboot(
  places: Places,
  container: DetachedContainer,
  config: Config,
  request: StopRequest,
): Promise<void> {
  const before = container.pid;
  if (stateName(container.state) === 'FROZEN') await container.resume();
  container.kill(config.rebootSignal);
  if (request.nowait) return;
  const again = () => stateName(container.state) === 'RUNNING' && container.pid !== before;
  const ended = () => stateName(container.state) === 'STOPPED';
  if (!(await until(() => again() || ended(), milliseconds(request.timeout)))) {
    if (request.nokill) throw failure('the time is over, and it has not rebooted');
    await container.stop({ signal: config.stopSignal, timeout: 0 });
  }
  if (ended()) await launch(places, { notice: request.notice });
}

export async function stop({ values, words, notice }: Invocation<(typeof STOP)['options']>): Promise<number> {
  const places = placesFor(values, words);
  if (!isDefined(places)) {
    notice(missing(places));
    return NOT_RUNNING;
  }
  const container = await opened(places);
  if (!container || stateName(container.state) === 'STOPPED') {
    notice(`${places.name} is not running`);
    return NOT_RUNNING;
  }
  const config = configOf(places);
  if (values.kill) await container.stop({ signal: config.stopSignal, timeout: 0 });
  else if (values.reboot) await reboot(places, container, config, { ...values, notice });
  else await halt(container, config, { ...values, notice });
  return 0;
}
