/** The controller's process: `controller NAME`. It ends at SIGTERM and leaves the containers running, for the next one. */
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { Balancer } from '../balancer/balancer.ts';
import { controllerMetrics } from '../dashboard/metrics.ts';
import { dashboard } from '../dashboard/server.ts';
import { ViewSource } from '../dashboard/view.ts';
import { openFleet } from '../fleet/fleet.ts';
import { LiveLoad } from '../load/live.ts';
import { paths, type Settings } from '../settings.ts';
import { Controller } from './controller.ts';
import { Journal } from './journal.ts';
import { type ControllerRecord, startOf } from './record.ts';

const at = paths(process.argv[2] ?? '');
const settings: Settings = JSON.parse(readFileSync(at.settings, 'utf8'));

function write(record: Omit<ControllerRecord, 'pid' | 'start'>): void {
  const mine: ControllerRecord = { pid: process.pid, start: startOf(process.pid) ?? '', ...record };
  writeFileSync(at.controller, JSON.stringify(mine));
}

async function main(): Promise<void> {
  write({ ready: false });
  const journal = new Journal(at.decisions);
  // The fleet asks for the servers when it writes HAProxy's file, which is before there is a controller.
  let controller: Controller | undefined;
  const fleet = await openFleet(settings, () => controller?.members.servers() ?? []);
  controller = new Controller(settings, new Balancer(at.socket, settings.concurrency), fleet, journal);
  const load = new LiveLoad(`http://127.0.0.1:${settings.ports.entry}`, (line) => view.see(line));
  const view = new ViewSource(controller, journal, load);
  const server = dashboard({ controller, view, load, metrics: controllerMetrics(controller, journal) });

  const end = (): void => {
    load.stop();
    view.close();
    controller?.close();
    void server.close().finally(() => process.exit());
  };
  process.once('SIGTERM', end);
  process.once('SIGINT', end);

  if (settings.record) controller.onTick = (snapshot) => appendFileSync(at.samples, `${JSON.stringify(snapshot)}\n`);
  await controller.start();
  await server.listen({ host: '127.0.0.1', port: settings.ports.dashboard });
  view.startMeasuring();
  journal.write('controller', `${settings.policy}, ${settings.min} to ${settings.max} replicas, ${settings.pool} warm`);
  write({ ready: true });
}

main().catch((error: Error) => {
  write({ ready: false, error: error.message });
  process.stderr.write(`${error.stack}\n`);
  process.exit(1);
});
