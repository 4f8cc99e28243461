/** One run: an autoscaler of its own, a load, faults, and what was seen. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { seeded } from '../../benchmark/random.ts';
import { freePort } from '../commands/ports.ts';
import { ask, startController, stopController, takeDown } from '../commands/system.ts';
import type { Snapshot } from '../control/controller.ts';
import type { Entry } from '../control/journal.ts';
import { signalReplica } from '../fleet/fleet.ts';
import { arrivalTimes } from '../load/arrivals.ts';
import { Client } from '../load/client.ts';
import { openLoop } from '../load/open.ts';
import { Recorder } from '../load/recorder.ts';
import { MIX, requestPlan } from '../load/requests.ts';
import { placeSeeds } from '../load/seeds.ts';
import type { Shape } from '../load/shapes.ts';
import { paths, type Settings } from '../settings.ts';
import { checksOf } from './checks.ts';
import type { Readiness, RunResult } from './result.ts';
import type { Fault } from './scenarios.ts';

export interface RunOptions {
  label: string;
  experiment: string;
  settings: Omit<Settings, 'name' | 'ports' | 'objects'>;
  shape: Shape;
  faults: readonly Fault[];
  seed: number;
  /** Milliseconds. */
  deadline: number;
  signal: AbortSignal;
  /** What happens, for people. */
  say(text: string): void;
}

/** Milliseconds for which the pool may fill before the load begins, and that the last scale-down may take after it. */
const FILL = 20_000;
const AFTER = 500;

const lines = <Line>(path: string): Line[] =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));

interface State {
  snapshot: Snapshot;
  replicas: { name: string; phase: string }[];
}

async function poolFilled({ ports, pool }: Settings, signal: AbortSignal): Promise<void> {
  for (const end = Date.now() + FILL; Date.now() < end; await sleep(50, undefined, { signal })) {
    const { snapshot } = (await ask(ports.dashboard, '/api/state')) as State;
    if (snapshot.warm >= pool) return;
  }
}

/** One fault. A replica is chosen by chance among those that serve. */
async function inflict(what: Fault['what'], settings: Settings, random: () => number): Promise<void> {
  if (what === 'controller') {
    await stopController(settings.name, 'SIGKILL');
    await startController(settings);
    return;
  }
  const { replicas } = (await ask(settings.ports.dashboard, '/api/state')) as State;
  const serving = replicas.filter(({ phase }) => phase === 'serving');
  const chosen = serving[Math.floor(random() * serving.length)];
  if (chosen) await signalReplica(settings.name, chosen.name, what === 'kill' ? 'SIGKILL' : 'SIGSTOP');
}

function readiness(journal: readonly Entry[], firstServed: Record<string, number>): Readiness[] {
  return journal.flatMap(({ details }) => {
    if (typeof details?.replica !== 'string') return [];
    const { replica, warm, milliseconds, decided } = details;
    const answer = firstServed[replica];
    return [
      {
        replica,
        warm: warm === true,
        serving: Number(milliseconds),
        // One that served before and comes again has answered earlier.
        answered: answer !== undefined && answer >= Number(decided) ? answer - Number(decided) : undefined,
      },
    ];
  });
}

/** What the controller's own figures come to: CPU time while it lived, and how regularly it looked. */
function controllerFigures(samples: readonly Snapshot[]): RunResult['controller'] {
  let cpu = 0;
  let longest = 0;
  let looked = 0;
  let seconds = 0;
  samples.forEach((sample, i) => {
    const before = samples[i - 1];
    // Another controller counts from the beginning; what was between them is not its own.
    if (!before || sample.cpu < before.cpu) return;
    cpu += sample.cpu - before.cpu;
    seconds += (sample.date - before.date) / 1000;
    longest = Math.max(longest, sample.date - before.date);
    looked++;
  });
  return { cpu: seconds > 0 ? cpu / seconds : 0, ticks: seconds > 0 ? looked / seconds : 0, longest };
}

/** Differences of a counter that begins anew with each controller. */
const grown = (samples: readonly Snapshot[], key: 'servingSeconds' | 'warmSeconds'): number =>
  samples.reduce((sum, sample, i) => {
    const before = samples[i - 1]?.[key] ?? sample[key];
    return sum + (sample[key] >= before ? sample[key] - before : sample[key]);
  }, 0);

/** @returns the result, and the files that tell how it was made */
export async function runOnce(options: RunOptions): Promise<{ result: RunResult; haproxy: string }> {
  const { label, shape, faults, seed, deadline, signal, say } = options;
  const name = `x${process.pid.toString(36)}${Math.floor(Date.now() % 46_656).toString(36)}`;
  const ports = { entry: await freePort(), statistics: await freePort(), dashboard: await freePort() };
  const objects = mkdtempSync(join(tmpdir(), 'cofferdam-objects-'));
  const settings: Settings = { ...options.settings, name, ports, objects, record: true };
  const at = paths(name);
  const client = new Client(`http://127.0.0.1:${ports.entry}`);
  try {
    await placeSeeds(objects, MIX);
    await startController(settings, signal);
    await poolFilled(settings, signal);
    const random = seeded(seed);
    const times = arrivalTimes(shape, 'poisson', random);
    const requests = requestPlan(times.length, MIX, random);
    const recorder = new Recorder();
    say(`${label || options.experiment}: ${times.length} requests in ${shape.duration} s`);

    const began = Date.now();
    const trouble = (async () => {
      for (const { time, what } of faults) {
        await sleep(Math.max(0, began + time * 1000 - Date.now()), undefined, { signal });
        say(`${time.toFixed(0)} s: ${what}`);
        await inflict(what, settings, random.next);
      }
    })();
    const [, troubled] = await Promise.allSettled([
      openLoop(client, recorder, { times, requests, deadline, signal }),
      trouble,
    ]);
    signal.throwIfAborted();
    if (troubled.status === 'rejected') throw troubled.reason;
    await sleep(AFTER);

    const ended = Date.now();
    const seen = lines<Snapshot>(at.samples).filter(({ date }) => date >= began && date <= ended);
    const journal = lines<Entry>(at.decisions);
    const load = recorder.result();
    const facts: Omit<RunResult, 'checks'> = {
      label,
      settings,
      began,
      load,
      samples: seen.filter((_, i) => i % 5 === 0),
      trace: seen.map(({ date, replicas, requests, current, queued }) => [
        date - began,
        replicas,
        requests,
        current,
        queued,
      ]),
      journal,
      readiness: readiness(
        journal.filter(({ date }) => date >= began),
        load.firstServed,
      ),
      faults: [...faults],
      changes: shape.changes,
      controller: controllerFigures(seen),
      containerSeconds: { serving: grown(seen, 'servingSeconds'), warm: grown(seen, 'warmSeconds') },
    };
    const haproxy = readFileSync(at.config, 'utf8');
    return { result: { ...facts, checks: checksOf(facts, options.experiment) }, haproxy };
  } finally {
    await client.close();
    await takeDown(name);
    rmSync(objects, { recursive: true, force: true });
  }
}
