/** The memory suite: what one idle container takes. */
import { setTimeout as sleep } from 'node:timers/promises';
import { HEAP_NAMES } from '../../laboratory/heaps.ts';
import { type Bench, compete, type Section } from '../../laboratory/section.ts';
import { sectionSuite } from '../../laboratory/suite.ts';
import type { Plot } from '../../report/plots/plot.ts';
import { spread } from '../../report/plots/spread.ts';
import { again, type Result } from '../../result.ts';
import type { Heap } from '../../worker/ballast.ts';
import type { Worker } from '../../worker/client.ts';
import type { Calls } from '../../worker/protocol.ts';
import { ALL, ALONE, CHARGE, detached, FLOOR, MONITOR } from './detached.ts';
import { allPids, newProcesses, proportional, takenMemory } from './processes.ts';

/** For what is begun and ended to have all its memory, or none: milliseconds. */
const SETTLE = 400;

type Name = Parameters<Calls['hold']>[0];

/** KiB for each of `count` containers: [all that the machine has less, its processes alone]. */
async function perContainer(worker: Worker, name: Name, count: number): Promise<[machine: number, processes: number]> {
  const { pid } = await worker.call('facts');
  await sleep(SETTLE);
  const pids = allPids();
  const before = takenMemory();
  const own = proportional(pid);
  try {
    await worker.call('hold', name, count);
    await sleep(SETTLE);
    const processes = newProcesses(pids, pid).reduce((sum, each) => sum + proportional(each), 0);
    return [(takenMemory() - before) / count, (processes + Math.max(0, proportional(pid) - own)) / count];
  } finally {
    await worker.call('release', name);
  }
}

const MACHINE = 'all of the machine';
const PROCESSES = 'processes alone';

/** Both figures of one measurement, as two competitors would have them: the second is what the first one left. */
function pair(bench: Bench, worker: Worker, name: Name, section: string, extra: string, subject: string = name) {
  const processes: number[][] = [];
  const competitor = {
    condition: `${MACHINE}${extra}`,
    subject,
    async measure() {
      const [machine, own] = await perContainer(worker, name, bench.size.held);
      processes.push([own]);
      return [machine];
    },
  };
  const others = () => ({
    section,
    condition: `${PROCESSES}${extra}`,
    subject,
    unit: 'KiB' as const,
    // The first is the warm-up's.
    rounds: processes.slice(1),
  });
  return { competitor, others };
}

const ROUNDS = 5;
const QUICK_ROUNDS = 2;
const roundsOf = ({ context }: Bench): number => context.runs ?? (context.quick ? QUICK_ROUNDS : ROUNDS);

const everybody: Section = {
  name: 'idle container',
  about: 'everybody',
  seconds: ({ held, objects }) => (objects ? ROUNDS + 1 : QUICK_ROUNDS + 1) * 6 * (1 + held * 0.12),
  async run(bench) {
    const worker = await bench.worker('small');
    const pairs = [
      ...bench.able('hold').map((name) => pair(bench, worker, name, this.name, '')),
      pair(bench, worker, 'cofferdam', this.name, '', again('cofferdam')),
    ];
    const competitors = pairs.map(({ competitor }) => competitor);
    const series = await compete(bench.context, {
      section: this.name,
      rounds: roundsOf(bench),
      unit: 'KiB',
      competitors,
    });
    return { series: [...series, ...pairs.map(({ others }) => others())] };
  },
};

const byHeap: Section = {
  name: 'heap',
  about: 'from a Node process with 1 GiB of Buffers',
  memory: 2 * 2 ** 30,
  seconds: ({ held, objects }) => 5 + (objects ? ROUNDS + 1 : QUICK_ROUNDS + 1) * 2 * (1 + held * 0.02),
  async run(bench) {
    const heaps: readonly Heap[] = ['small', 'buffers'];
    const pairs = [];
    for (const heap of heaps)
      pairs.push(pair(bench, await bench.worker(heap), 'cofferdam', this.name, `, ${HEAP_NAMES[heap]}`));
    const competitors = pairs.map(({ competitor }) => competitor);
    const series = await compete(bench.context, {
      section: this.name,
      rounds: roundsOf(bench),
      unit: 'KiB',
      competitors,
    });
    return { series: [...series, ...pairs.map(({ others }) => others())] };
  },
};

/** Holding several more beside those that live: what the next container takes must not depend on how many there are. */
const besides: Section = {
  name: 'alive',
  about: 'beside 0, 100 and 500 containers',
  memory: 2 ** 30,
  seconds: ({ alive, held }) => alive.length * ROUNDS * (1 + held * 0.02) + 10,
  async run(bench) {
    const { size, context } = bench;
    // Two Node processes: one keeps those that live, the other holds and releases.
    const keeper = await bench.worker('buffers');
    const worker = await bench.worker('small');
    const series = [];
    const levels = size.alive.slice(0, -1);
    let held = 0;
    try {
      for (const level of levels) {
        context.signal.throwIfAborted();
        await keeper.call('hold', 'cofferdam', level - held);
        held = level;
        const { competitor, others } = pair(bench, worker, 'cofferdam', this.name, `, beside ${level}`);
        const rounds = roundsOf(bench);
        series.push(
          ...(await compete(context, { section: this.name, rounds, unit: 'KiB', competitors: [competitor] })),
        );
        series.push(others());
      }
    } finally {
      await keeper.call('release', 'cofferdam');
    }
    return { series };
  },
};

function plots({ series }: Result): Plot[] {
  const some = (section: string) => series.filter((each) => each.section === section);
  return [
    {
      section: 'idle container',
      title: 'Memory of one idle container',
      about: 'Everything, with monitors and the kernel’s own, and its processes alone.',
    },
    { section: 'alive', title: 'Memory of one more container', about: 'Beside others that live.' },
    { section: 'heap', title: 'Memory of one container by the size of the program', about: 'It must not matter.' },
  ].flatMap(({ section, title, about }) =>
    some(section).length > 0 ? [spread({ title, about, series: some(section) })] : [],
  );
}

const compared = (over: string, headline: boolean, condition = MACHINE) => ({
  text: `${condition}: ${over} / cofferdam`,
  over: { section: 'idle container', condition, subject: over },
  under: { section: 'idle container', condition, subject: 'cofferdam' },
  ...(headline && { headline: true as const }),
});
/** KiB for one more detached container: 100 KB. */
const GOAL = 97;
const ofDetached = (condition: string, subject: string) => ({ section: 'detached', condition, subject });
const PEERS = ['crun', 'runc', 'lxc', 'podman', 'docker'];

export const memory = sectionSuite({
  name: 'memory',
  title: 'Memory of an idle container',
  about: 'memory that one idle container takes',
  sections: [everybody, detached, byHeap, besides],
  memory: () => 2 ** 30,
  comparisons: [
    {
      text: 'cofferdam, KiB for each container',
      over: { section: 'idle container', condition: MACHINE, subject: 'cofferdam' },
      headline: true,
    },
    {
      text: `detached, ${MONITOR}, KiB`,
      over: ofDetached(MONITOR, 'cofferdam'),
      atMost: GOAL,
      headline: true,
    },
    { text: `detached, ${CHARGE}, KiB`, over: ofDetached(CHARGE, 'cofferdam') },
    { text: `${CHARGE}: the C program’s container, KiB`, over: ofDetached(CHARGE, FLOOR) },
    { text: `${CHARGE}: the same process without a container, KiB`, over: ofDetached(CHARGE, ALONE) },
    ...['lxc', 'podman', 'docker'].flatMap((peer) =>
      [MONITOR, ALL, CHARGE].map((condition) => ({
        text: `detached, ${condition}: ${peer} / cofferdam`,
        over: ofDetached(condition, peer),
        under: ofDetached(condition, 'cofferdam'),
      })),
    ),
    ...PEERS.map((peer) => compared(peer, true)),
    compared(again('cofferdam'), true),
    ...PEERS.map((peer) => compared(peer, true, PROCESSES)),
  ],
  plots,
  method: [
    'Several containers with `sleep infinity` are started; what the machine has taken more afterwards is divided by their number.',
    `“${MACHINE}”: AnonPages, Shmem, SUnreclaim, KernelStack, PageTables and Percpu of /proc/meminfo, caches left out. It contains the kernel’s own: namespaces, cgroups, mounts. Other programs on the machine are in it, too: a quiet machine is needed.`,
    `“detached”: copies of Cofferdam’s and LXC’s and containers of the engines, which are watched by a monitor, conmon or containerd-shim. “${CHARGE}” is what the kernel counts for their cgroups, kernel memory included, but not what CPUs have reserved for them. “${FLOOR}” is the C program of the launch suite, whose container has the same namespaces, mounts and limits and no monitor: nobody can be charged with less for them. “${ALONE}” is the same \`sleep\` in a cgroup without a container: its pages, page tables and stack.`,
    `“${PROCESSES}”: proportional set sizes of the containers’ processes, of monitors and shims, and what the Node process grew by.`,
  ],
});
