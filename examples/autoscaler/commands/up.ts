/** `up`, `down` and `status`. */
import { resolve } from 'node:path';
import { UsageError, type Values } from '../../shared/command-line.ts';
import { requireRoot } from '../../shared/privileges.ts';
import type { Entry } from '../control/journal.ts';
import { readController } from '../control/record.ts';
import type { View } from '../dashboard/view.ts';
import { publishedPorts } from '../fleet/fleet.ts';
import type { DOWN, STATUS, UP } from '../options.ts';
import { PRESETS, type Settings } from '../settings.ts';
import { requireFree } from './ports.ts';
import { addresses, ask, fail, readSettings, startController, takeDown } from './system.ts';

const print = (text: string): void => void process.stdout.write(text);

/** @throws {UsageError} for numbers that contradict each other */
export function sizes<Given extends { min: number; max: number }>(given: Given): Given {
  if (given.min > given.max) throw new UsageError(`--min ${given.min} is more than --max ${given.max}`);
  return given;
}

export async function up(values: Values<typeof UP.options>): Promise<number> {
  requireRoot('autoscaler');
  const { entry, statistics, dashboard, objects, name, ...rest } = sizes(values);
  const running = readController(name);
  if (running?.alive) throw fail(`${name} runs already; end it with: npm run autoscaler -- down`, 'ERR_RUNS');
  const ports = { entry, statistics, dashboard };
  // A controller that was killed has left HAProxy running on these very ports.
  const before = readSettings(name);
  const isTakeover = before !== undefined && JSON.stringify(before.ports) === JSON.stringify(ports);
  await requireFree(isTakeover ? { dashboard } : ports, await publishedPorts());
  const settings: Settings = { ...PRESETS, ...rest, name, ports, objects: resolve(objects) };
  await startController(settings);
  print(addresses(ports));
  return 0;
}

export async function down({ name }: Values<typeof DOWN.options>): Promise<number> {
  requireRoot('autoscaler');
  const removed = await takeDown(name);
  print(removed.length > 0 ? `removed: ${removed.join(', ')}\n` : 'nothing was there\n');
  return 0;
}

interface State extends View {
  settings: Settings;
  entries: Entry[];
}

const dash = (value: number | undefined, text: (value: number) => string): string =>
  value === undefined ? '-' : text(value);

export async function status({ name, json }: Values<typeof STATUS.options>): Promise<number> {
  const settings = readSettings(name);
  if (!settings || !readController(name)?.alive) {
    process.stderr.write(
      settings
        ? `the controller of ${name} does not run; up takes over what it left, down removes it\n`
        : `${name} does not run\n`,
    );
    return 1;
  }
  const state = (await ask(settings.ports.dashboard, '/api/state')) as State;
  if (json) {
    print(`${JSON.stringify(state, null, 2)}\n`);
    return 0;
  }
  const { moment, replicas, policy, min, max, pool, entries } = state;
  print(addresses(settings.ports));
  print(`policy      ${policy}, ${min} to ${max} replicas, ${pool} warm\n`);
  if (moment)
    print(
      `load        ${moment.offered.toFixed(0)} requests/s offered, ${moment.served.toFixed(0)} served, ${moment.queue} queued; ${moment.replicas} of ${moment.desired} replicas serve\n`,
    );
  print(
    `\n${'REPLICA'.padEnd(10)}${'STATE'.padEnd(10)}${'IN HAND'.padStart(8)}${'ANSWERED'.padStart(10)}${'MEMORY'.padStart(9)}\n`,
  );
  for (const { name: replica, phase, current, answered, memory } of replicas)
    print(
      `${replica.padEnd(10)}${phase.padEnd(10)}${String(current).padStart(8)}${String(answered).padStart(10)}${dash(memory, (bytes) => `${Math.round(bytes / 2 ** 20)}M`).padStart(9)}\n`,
    );
  print('\n');
  for (const { date, text } of entries.slice(-8)) print(`${new Date(date).toISOString().slice(11, 19)}  ${text}\n`);
  return 0;
}
