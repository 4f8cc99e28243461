/** The figures. */
import { setTimeout as sleep } from 'node:timers/promises';
import { interleave } from '../interleave.ts';
import { describeMachine, type Machine } from '../machine.ts';
import { seeded } from '../random.ts';
import { mean, median, quantile } from '../statistics.ts';
import type { LXC } from './lxc.ts';
import { kernelMemory, parentOf, proportionalSize } from './memory.ts';

export interface Times {
  median: number;
  p90: number;
}

export interface Figures {
  machine: Machine;
  /** Milliseconds from the request for a copy to its process running, each 60 ms after the one before. */
  copy: { cofferdam: Times; lxc: Times | undefined; ratio: number | undefined };
  /** 200 copies in one call: milliseconds for all. */
  many: { count: number; milliseconds: number };
  /** By the number of containers alive. */
  alive: { containers: number; start: Times; list: Times }[];
  /** Bytes for one more idle container. */
  memory: {
    containers: number;
    /** PSS of the monitor. */
    monitor: number;
    /** Kernel memory and PSS of monitor and first process together. */
    all: number;
    lxcMonitor: number | undefined;
  };
}

const APART = 60;
const MANY = 200;
const ALIVE = [1, 100, 500];
const REPEATS = 15;
const COMMAND = ['sleep', '100000'];

const times = (samples: readonly number[]): Times => ({ median: median(samples), p90: quantile(samples, 0.9) });

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

export async function measure(rootfs: string, rounds: number, lxc: LXC | undefined): Promise<Figures> {
  const machine = describeMachine();
  const { clone, createContainer, listContainers } = await import('cofferdam');
  const source = await createContainer({ name: 'template', detached: true, rootfs, command: COMMAND });
  const copy = () => clone(source, { ephemeral: true });
  type Copy = Awaited<ReturnType<typeof copy>>;
  const stopAll = (copies: readonly Copy[]) => Promise.all(copies.map((each) => each.stop({ timeout: 0 })));
  // Launcher, compiled program, page cache.
  for (let i = 0; i < 5; i++) await stopAll([await copy()]);

  let number = 0;
  const subjects = [
    async () => {
      let made: Copy | undefined;
      const milliseconds = await timed(async () => {
        made = await copy();
      });
      await made?.stop({ timeout: 0 });
      return milliseconds;
    },
    ...(lxc
      ? [
          async () => {
            const name = `copy-${number++}`;
            const milliseconds = await timed(() => lxc.copy(name));
            await lxc.stop(name);
            return milliseconds;
          },
        ]
      : []),
  ];
  const turns = { rounds, random: seeded(1), signal: new AbortController().signal, pause: APART };
  const [own = [], others] = await interleave(subjects, turns, async (subject) => [await subject()]);

  let many: Copy[] = [];
  const milliseconds = await timed(async () => {
    many = await clone(source, { ephemeral: true, count: MANY, name: 'many' });
  });
  await stopAll(many);

  const alive: Figures['alive'] = [];
  const running: Copy[] = [];
  let memory: Figures['memory'] | undefined;
  for (const containers of ALIVE) {
    const before = { kernel: kernelMemory(), containers: running.length };
    if (containers > running.length)
      running.push(
        ...(await clone(source, { ephemeral: true, count: containers - running.length, name: `of-${containers}` })),
      );
    await sleep(1000);
    const monitors = running.map(({ pid }) => parentOf(pid as number));
    const added = running.length - before.containers;
    if (added > 50) {
      const monitor = mean(monitors.map(proportionalSize));
      const first = mean(running.map(({ pid }) => proportionalSize(pid as number)));
      const kernel = (kernelMemory() - before.kernel) / added;
      memory = { containers: running.length, monitor, all: monitor + first + kernel, lxcMonitor: memory?.lxcMonitor };
    }
    const starts: number[] = [];
    const lists: number[] = [];
    for (let i = 0; i < REPEATS; i++) {
      await sleep(APART);
      let made: Copy | undefined;
      starts.push(
        await timed(async () => {
          made = await copy();
        }),
      );
      await made?.stop({ timeout: 0 });
      lists.push(await timed(listContainers));
    }
    alive.push({ containers, start: times(starts), list: times(lists) });
  }
  await stopAll(running);
  const lxcMonitor = lxc && (await lxcMemory(lxc));
  await source.remove();
  const [ours, theirs] = [times(own.flat()), others && times(others.flat())];
  return {
    machine,
    copy: { cofferdam: ours, lxc: theirs, ratio: theirs && theirs.median / ours.median },
    many: { count: MANY, milliseconds },
    alive,
    memory: { ...(memory as Figures['memory']), lxcMonitor },
  };
}

/** Of ten, so that what they share is divided. */
async function lxcMemory(lxc: LXC): Promise<number> {
  const names = Array.from({ length: 10 }, (_, index) => `memory-${index}`);
  for (const name of names) await lxc.copy(name);
  const size = mean(lxc.monitors().map(proportionalSize));
  for (const name of names) await lxc.stop(name);
  return size;
}
