/** The whole suite: what it needs is made in one private directory, measured with, and taken away again. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildFloor, CFLAGS, FloorProgram } from '../../environments/floor.ts';
import { controllersToCover, inPrivateMounts, thisHost } from '../../environments/host.ts';
import { findProgram } from '../../environments/programs.ts';
import { describeMachine } from '../../machine.ts';
import { seeded } from '../../random.ts';
import type { Cost, Missing, Result, Series } from '../../result.ts';
import type { Heap } from '../../worker/ballast.ts';
import { Worker } from '../../worker/client.ts';
import type { EnvironmentName } from '../../worker/protocol.ts';
import type { Bench, Section } from './section.ts';
import type { Size } from './size.ts';

export interface Run {
  sections: readonly Section[];
  size: Size;
  options: Readonly<Record<string, unknown>>;
  seed: number;
  rootfs: string;
  /** Of this package. */
  version: string;
  signal: AbortSignal;
  /** Where it is: a section, and how much of it is done. */
  progress(section: Section, done: number, all: number): void;
}

const PEERS = ['crun', 'runc'] as const;

/** @throws when what cannot be done without is missing, before anything is touched */
function programs(): { versions: Record<string, string>; environments: EnvironmentName[]; missing: Missing[] } {
  const compiler = findProgram('cc');
  if ('reason' in compiler)
    throw Object.assign(new Error(`the C program needs a compiler (${compiler.reason})`), {
      code: 'ERR_MISSING_PROGRAM',
    });
  const versions: Record<string, string> = { cc: `${compiler.version} ${CFLAGS.join(' ')}` };
  const environments: EnvironmentName[] = ['cofferdam'];
  const missing: Missing[] = [];
  for (const peer of PEERS) {
    const found = findProgram(peer);
    if ('reason' in found) missing.push(found);
    else {
      versions[peer] = found.version;
      environments.push(peer);
    }
  }
  return { versions, environments, missing };
}

/** A peer that cannot run here is left out, with what it said; whatever else fails is an error. */
async function usable(
  worker: Worker,
  environments: readonly EnvironmentName[],
  missing: Missing[],
): Promise<EnvironmentName[]> {
  const able: EnvironmentName[] = [];
  for (const name of environments) {
    try {
      await worker.call('launches', name, { count: 1, atOnce: 1 });
      able.push(name);
    } catch (error) {
      if (name === 'cofferdam') throw error;
      const [first = '', ...more] = (error as Error).message.split('\n');
      missing.push({ name, reason: more.find((line) => line !== '' && !line.startsWith('    at ')) ?? first });
    }
  }
  return able;
}

export async function runSuite(run: Run): Promise<Result> {
  const begun = new Date();
  const machine = describeMachine();
  const { versions, environments: installed, missing } = programs();
  const covered = controllersToCover(thisHost());
  const before = inPrivateMounts(covered);
  const notes: string[] = [];
  if (covered)
    notes.push(
      `crun refuses this machine for what ${covered} says; everything measured ran in a mount namespace in which it is empty.`,
    );

  await using stack = new AsyncDisposableStack();
  const directory = mkdtempSync(join(tmpdir(), 'cofferdam-bench-'));
  stack.defer(() => rmSync(directory, { recursive: true, force: true }));
  const stage = join(directory, 'stage');
  mkdirSync(stage);
  buildFloor(directory);

  const groups = `cofferdam-bench-${process.pid}`;
  const floor = stack.use(new FloorProgram([...before, join(directory, 'launch'), run.rootfs, stage, groups]));
  const workers = new Map<Heap, Worker>();
  const worker = async (heap: Heap): Promise<Worker> => {
    const known = workers.get(heap);
    if (known) return known;
    const started = stack.use(new Worker(before));
    workers.set(heap, started);
    const { resident } = await started.call('open', { heap, rootfs: run.rootfs, directory });
    notes.push(`Node process '${heap}': ${Math.round(resident / 2 ** 20)} MiB resident.`);
    return started;
  };

  const environments = await usable(await worker('small'), installed, missing);
  const series: Series[] = [];
  const costs: Cost[] = [];
  for (const section of run.sections) {
    run.signal.throwIfAborted();
    run.progress(section, 0, 1);
    const bench: Bench = {
      size: run.size,
      random: seeded(run.seed),
      signal: run.signal,
      environments,
      worker,
      floor: { launches: (batch) => floor.measure(batch), execs: unmeasured },
      floorExec: (pid) => {
        const program = new FloorProgram([...before, join(directory, 'exec'), String(pid)]);
        return {
          launches: unmeasured,
          execs: (batch) => program.measure(batch),
          [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
        };
      },
      progress: (done, all) => run.progress(section, done, all),
    };
    const found = await section.run(bench);
    series.push(...found.series);
    costs.push(...(found.costs ?? []));
  }
  return {
    suite: 'launch',
    format: 1,
    begun: begun.toISOString(),
    duration: (Date.now() - begun.getTime()) / 1000,
    options: run.options,
    seed: run.seed,
    machine,
    versions: { cofferdam: run.version, node: process.version, ...versions },
    missing,
    notes,
    series,
    costs,
  };
}

/** Two C programs, each of which does one thing. */
const unmeasured = (): never => {
  throw new Error('floor: this program does not do that');
};
