/** The whole suite, from what is installed to the result. */
import { freemem } from 'node:os';
import { CFLAGS } from '../../environments/floor.ts';
import { controllersToCover, thisHost } from '../../environments/host.ts';
import { findProgram } from '../../environments/programs.ts';
import { describeMachine } from '../../machine.ts';
import { seeded } from '../../random.ts';
import type { Cost, Missing, Result, Series } from '../../result.ts';
import type { Worker } from '../../worker/client.ts';
import type { EnvironmentName } from '../../worker/protocol.ts';
import { Laboratory } from './laboratory.ts';
import type { Section } from './section.ts';
import type { Size } from './size.ts';

export interface Run {
  sections: readonly Section[];
  size: Size;
  /** As given, for the result. */
  options: Readonly<Record<string, unknown>>;
  seed: number;
  rootfs: string;
  /** Of this package. */
  version: string;
  /** Ends the run: it rejects with the signal's reason, after cleaning up. */
  signal: AbortSignal;
  /** Where it is: a section, and how much of it is done. */
  progress(section: Section, done: number, all: number): void;
}

const PEERS = ['crun', 'runc'] as const;

interface Programs {
  versions: Record<string, string>;
  environments: EnvironmentName[];
  missing: Missing[];
}

/** @throws an error with code ERR_MISSING_PROGRAM without a compiler; a missing peer is noted */
export function findPrograms(find = findProgram): Programs {
  const compiler = find('cc');
  if ('reason' in compiler)
    throw Object.assign(new Error(`the C program needs a compiler (${compiler.reason})`), {
      code: 'ERR_MISSING_PROGRAM',
    });
  const programs: Programs = {
    versions: { cc: `${compiler.version}, ${CFLAGS.join(' ')}` },
    environments: ['cofferdam'],
    missing: [],
  };
  for (const peer of PEERS) {
    const found = find(peer);
    if ('reason' in found) programs.missing.push(found);
    else {
      programs.versions[peer] = found.version;
      programs.environments.push(peer);
    }
  }
  return programs;
}

/** Those that can start a container here. A peer that cannot is noted with what it said; for Cofferdam it is an error. */
async function usable(worker: Worker, { environments, missing }: Programs): Promise<EnvironmentName[]> {
  const able: EnvironmentName[] = [];
  for (const name of environments) {
    try {
      await worker.call('launches', name, { count: 1, atOnce: 1 });
      able.push(name);
    } catch (error) {
      if (name === 'cofferdam') throw error;
      missing.push({ name, reason: (error as Error).message.split('\n    at ')[0] as string });
    }
  }
  return able;
}

async function measure(
  run: Run,
  laboratory: Laboratory,
  programs: Programs,
): Promise<{ series: Series[]; costs: Cost[] }> {
  const { size, signal } = run;
  const environments = await usable(await laboratory.worker('small'), programs);
  const all: { series: Series[]; costs: Cost[] } = { series: [], costs: [] };
  for (const section of run.sections) {
    signal.throwIfAborted();
    const { name, memory = 0 } = section;
    if (freemem() < memory) {
      programs.missing.push({ name, reason: `needs ${Math.round(memory / 2 ** 30)} GiB of available memory` });
      continue;
    }
    run.progress(section, 0, 1);
    const { series, costs = [] } = await section.run({
      size,
      signal,
      environments,
      // The same order in a section whether others ran before it or not.
      random: seeded(run.seed),
      floor: laboratory.floor,
      floorExec: (pid) => laboratory.floorExec(pid),
      worker: (heap) => laboratory.worker(heap),
      progress: (done, of) => run.progress(section, done, of),
    });
    all.series.push(...series);
    all.costs.push(...costs);
  }
  return all;
}

export async function runSuite(run: Run): Promise<Result> {
  const begun = new Date();
  const machine = describeMachine();
  const programs = findPrograms();
  const laboratory = new Laboratory(run.rootfs, controllersToCover(thisHost()));
  try {
    laboratory.build();
    const found = await measure(run, laboratory, programs);
    return {
      suite: 'launch',
      format: 1,
      begun: begun.toISOString(),
      duration: (Date.now() - begun.getTime()) / 1000,
      options: run.options,
      seed: run.seed,
      machine,
      versions: { cofferdam: run.version, node: process.version, ...programs.versions },
      missing: programs.missing,
      notes: laboratory.notes,
      ...found,
    };
  } finally {
    await laboratory.close();
  }
}
