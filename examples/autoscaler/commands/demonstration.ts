/** No command at all: set-up, a minute of load to look at, and everything taken away again. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Interrupted, interruptible } from '../../shared/interrupt.ts';
import { requireRoot } from '../../shared/privileges.ts';
import type { Entry } from '../control/journal.ts';
import { publishedPorts } from '../fleet/fleet.ts';
import { MIX } from '../load/requests.ts';
import { placeSeeds } from '../load/seeds.ts';
import { PRESETS, type Settings } from '../settings.ts';
import { requireFree } from './ports.ts';
import { addresses, ask, startController, takeDown } from './system.ts';

/** Seconds. */
const DURATION = 60;
const LOAD = { shape: 'step', low: 30, high: 200, duration: DURATION };

export async function demonstration(): Promise<number> {
  requireRoot('autoscaler');
  const { ports } = PRESETS;
  await requireFree(ports, await publishedPorts());
  const settings: Settings = { ...PRESETS, name: 'demo', objects: mkdtempSync(join(tmpdir(), 'cofferdam-objects-')) };
  const interrupt = interruptible();
  const say = (text: string): void => void process.stdout.write(text);
  try {
    say('setting up: a network, HAProxy in a container, two replicas of the object store and two more in reserve\n');
    await placeSeeds(settings.objects, MIX);
    await startController(settings, interrupt.signal);
    say(
      `\n${addresses(ports)}\n${DURATION} s of load: ${LOAD.low} requests a second, then ${LOAD.high}, then ${LOAD.low}; Ctrl-C ends it\n\n`,
    );
    await ask(ports.dashboard, '/api/load', LOAD);
    await tell(ports.dashboard, interrupt.signal);
    const { moment } = (await ask(ports.dashboard, '/api/state')) as { moment: { errors: number } };
    say(`\nover: ${moment.errors} requests were answered with an error\n`);
    return 0;
  } catch (error) {
    if (!interrupt.signal.aborted) throw error;
    const { message, status } = interrupt.signal.reason as Interrupted;
    say(`\n${message}\n`);
    return status;
  } finally {
    say('taking everything away\n');
    await takeDown(settings.name);
    rmSync(settings.objects, { recursive: true, force: true });
    interrupt.stop();
  }
}

/** The decisions as they come, until the load is over. */
async function tell(port: number, signal: AbortSignal): Promise<void> {
  let told = 0;
  for (const end = Date.now() + (DURATION + 5) * 1000; Date.now() < end; await sleep(500, undefined, { signal })) {
    const { entries } = (await ask(port, '/api/state')) as { entries: Entry[] };
    for (const { date, text } of entries.filter((entry) => entry.date > told)) {
      process.stdout.write(`${new Date(date).toISOString().slice(11, 19)}  ${text}\n`);
      told = date;
    }
  }
}
