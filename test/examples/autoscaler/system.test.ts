/** The autoscaler as a whole: under load, with replicas, controller and balancer that die. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { listContainers, listNetworks } from 'cofferdam';
import t from 'tap';
import { freePort } from '../../../examples/autoscaler/commands/ports.ts';
import {
  ask,
  readSettings,
  startController,
  stopController,
  takeDown,
} from '../../../examples/autoscaler/commands/system.ts';
import type { Entry } from '../../../examples/autoscaler/control/journal.ts';
import { readController } from '../../../examples/autoscaler/control/record.ts';
import type { ExperimentResult, RunResult } from '../../../examples/autoscaler/experiment/result.ts';
import { signalReplica } from '../../../examples/autoscaler/fleet/fleet.ts';
import { arrivalTimes } from '../../../examples/autoscaler/load/arrivals.ts';
import { Client } from '../../../examples/autoscaler/load/client.ts';
import { openLoop } from '../../../examples/autoscaler/load/open.ts';
import { Recorder } from '../../../examples/autoscaler/load/recorder.ts';
import { MIX, requestPlan, seeds } from '../../../examples/autoscaler/load/requests.ts';
import { constant } from '../../../examples/autoscaler/load/shapes.ts';
import { PRESETS, paths, type Settings } from '../../../examples/autoscaler/settings.ts';
import { seeded } from '../../../examples/benchmark/random.ts';
import { which } from '../../../scripts/setup/programs.js';
import { audited } from '../../support/audit.ts';
import { example } from '../../support/command.ts';
import { noBusybox, temporary } from '../../support/rootfs.ts';

const reason = noBusybox || (which('haproxy') ? false : 'haproxy is not installed');
const autoscaler = (...args: string[]) => example('examples/autoscaler.ts', args, {}, 280_000);

interface State {
  replicas: { name: string; phase: string; answered: number }[];
  entries: Entry[];
}

const PATIENCE = 60_000;

t.setTimeout(290_000);

async function until(what: string, check: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + PATIENCE; !(await check()); await sleep(50))
    if (Date.now() > end) throw new Error(`not within ${PATIENCE / 1000} s: ${what}`);
}

/** The kernel takes links of killed containers away in its own time, which on a busy machine is more than the audit's patience. */
async function linksGone(before: readonly string[]): Promise<void> {
  const added = () => readdirSync('/sys/class/net').filter((name) => !before.includes(name));
  for (const end = Date.now() + PATIENCE; added().length > 0; await sleep(50))
    if (Date.now() > end) throw new Error(`still there: ${added()}`);
}

audited(
  'an experiment: a step, no request fails, and nothing is left',
  async (t) => {
    const out = join(temporary('experiment'), 'out');
    // Few requests, so that a machine that is busy with other things is judged by what it does, not by how quickly.
    const ran = await autoscaler(
      'experiment',
      'step',
      '--duration',
      '16',
      '--low',
      '20',
      '--high',
      '100',
      '--max',
      '5',
      '--out',
      out,
    );
    t.ok(ran.exitCode === 0 || ran.exitCode === 1, ran.stderr);
    const result: ExperimentResult = JSON.parse(readFileSync(join(out, 'result.json'), 'utf8'));
    const [run] = result.runs;
    t.equal(result.failed, 0, JSON.stringify(run?.load.failures));
    t.equal(ran.exitCode, result.ok ? 0 : 1);
    t.ok((run?.load.requests ?? 0) > 400);
    t.ok(Math.max(...(run?.samples ?? []).map(({ replicas }) => replicas)) >= 3, 'it grew');
    t.ok(run?.readiness.some(({ warm }) => warm));
    for (const file of [
      'report.md',
      'report.html',
      'haproxy.cfg',
      'containers.json',
      'rootfs.sh',
      'load.json',
      'timeline.svg',
    ])
      t.ok(existsSync(join(out, file)), file);
    t.match(readFileSync(join(out, 'report.html'), 'utf8'), /^<!doctype html>[\s\S]*<svg[\s\S]*decision/);
    // They are called after it: others on this machine may have some of their own.
    const { name } = (run as RunResult).settings;
    t.notOk((await listNetworks()).some((network) => network.name === `as-${name}`));
    t.notOk((await listContainers()).some((container) => container.name.startsWith(name)));
  },
  reason,
);

audited(
  'killed under load: a replica, one that hangs, the controller, the balancer',
  async (t) => {
    const ports = { entry: await freePort(), statistics: await freePort(), dashboard: await freePort() };
    const settings: Settings = { ...PRESETS, name: 'faults', ports, objects: temporary('objects'), min: 3, max: 5 };
    const client = new Client(`http://127.0.0.1:${ports.entry}`);
    const links = readdirSync('/sys/class/net');
    const state = async () => (await ask(ports.dashboard, '/api/state')) as State;
    const serving = async () =>
      (await state()).replicas.filter(({ phase }) => phase === 'serving').map(({ name }) => name);
    const settled = () =>
      until('three serve, two wait', async () => {
        const { replicas } = await state();
        const count = (phase: string) => replicas.filter((each) => each.phase === phase).length;
        return count('serving') === 3 && count('warm') === 2 && replicas.length === 5;
      });
    await startController(settings);
    const over = new AbortController();
    try {
      for (const seed of seeds(MIX)) await client.send(seed, 5000);
      await settled();
      const random = seeded(1);
      const times = arrivalTimes(constant(200, 40), 'poisson', random);
      const recorder = new Recorder();
      const load = openLoop(client, recorder, {
        times,
        requests: requestPlan(times.length, MIX, random),
        deadline: 15_000,
        signal: over.signal,
      });

      const [first = ''] = await serving();
      await signalReplica('faults', first, 'SIGKILL');
      await until(
        `${first} is replaced`,
        async () => !(await serving()).includes(first) && (await serving()).length === 3,
      );

      const [second = ''] = await serving();
      await signalReplica('faults', second, 'SIGSTOP');
      await until(
        `${second}, which hangs, is replaced`,
        async () => !(await serving()).includes(second) && (await serving()).length === 3,
      );
      await settled();

      const before = await serving();
      await stopController('faults', 'SIGKILL');
      t.equal(readController('faults')?.alive, false);
      await sleep(500);
      await startController(readSettings('faults') as Settings);
      t.strictSame((await serving()).sort(), before.sort(), 'the same replicas serve on');
      t.ok((await state()).entries.some(({ text }) => /took over \d replicas, 3 of them serve/.test(text)));
      await sleep(1000);
      over.abort();
      await load;
      const result = recorder.result();
      t.equal(result.failed, 0, JSON.stringify(result.failures));
      t.ok(result.requests > 100);

      // What nobody can save: requests of the moment in which there is no balancer.
      const balancer = (await listContainers()).find(({ name }) => name === 'faults-balancer');
      process.kill(balancer?.pid as number, 'SIGKILL');
      await until(
        'HAProxy is back, and knows its servers',
        async () => (await client.send({ method: 'GET', path: '/', body: undefined }, 5000)).kind === 'ok',
      );
      await settled();
      t.ok((await state()).entries.some(({ text }) => /HAProxy is back/.test(text)));
    } finally {
      over.abort();
      await client.close();
      await takeDown('faults');
    }
    await linksGone(links);
    t.notOk(existsSync(paths('faults').directory));
  },
  reason,
);

audited(
  'up, status, down, and what cannot be',
  async (t) => {
    const [entry, statistics, dashboard] = [await freePort(), await freePort(), await freePort()].map(String) as [
      string,
      string,
      string,
    ];
    const objects = temporary('objects');
    const options = [
      '--name',
      'cli',
      '--entry',
      entry,
      '--statistics',
      statistics,
      '--dashboard',
      dashboard,
      '--objects',
      objects,
    ];
    t.match(await autoscaler('status', '--name', 'cli'), { exitCode: 1, stderr: /does not run/ });
    const up = await autoscaler('up', ...options, '--pool', '1');
    t.match(up, { exitCode: 0, stdout: new RegExp(`entry +http://127.0.0.1:${entry}\\n`) }, up.stderr);
    try {
      t.match(await autoscaler('up', ...options), { exitCode: 125, stderr: /runs already/ });
      t.match(await autoscaler('up', ...options.with(1, 'other')), {
        exitCode: 125,
        stderr: new RegExp(`port ${entry} is in use: give another one with --entry`),
      });
      const put = await fetch(`http://127.0.0.1:${entry}/objs/a`, { method: 'PUT', body: 'kept' });
      t.equal(put.status, 201);
      t.equal(readFileSync(join(objects, 'a'), 'utf8'), 'kept');
      t.match(await (await fetch(`http://127.0.0.1:${statistics}/stats;csv`)).text(), /^# pxname[\s\S]*\napp,r1,/);
      t.match(await autoscaler('status', '--name', 'cli'), { exitCode: 0, stdout: /r1 +serving[\s\S]*r2 +serving/ });
      const closed = await autoscaler(
        'load',
        '-c',
        '3',
        '-r',
        '10',
        '--duration',
        '2',
        '--json',
        `http://127.0.0.1:${entry}`,
      );
      t.equal(closed.exitCode, 0, closed.stderr);
      t.match(JSON.parse(closed.stdout), { failed: 0, latency: { p50: Number } });
    } finally {
      t.match(await autoscaler('down', '--name', 'cli'), {
        exitCode: 0,
        stdout: /removed: the controller.*the network as-cli/,
      });
    }
    t.equal(readFileSync(join(objects, 'a'), 'utf8'), 'kept', 'objects are kept');
    t.match(await autoscaler('down', '--name', 'cli'), { exitCode: 0, stdout: 'nothing was there' });
    t.match(await autoscaler('up', '--min', '3', '--max', '2'), {
      exitCode: 2,
      stderr: /--min 3 is more than --max 2/,
    });
    t.match(await autoscaler('experiment', 'nothing'), { exitCode: 2, stderr: /there are step, ramp/ });
    t.match(await autoscaler('load', 'nowhere'), { exitCode: 2, stderr: /is no address/ });
    t.match(await autoscaler('load', `http://127.0.0.1:${await freePort()}`), {
      exitCode: 125,
      stderr: /came to 'refused'/,
    });
  },
  reason,
);
