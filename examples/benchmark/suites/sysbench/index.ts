/** The sysbench suite: the lab's measurement, native, in a container and in a virtual machine. */
import { noVm, VM_PROGRAMS } from '../../environments/vm.ts';
import { dropCaches } from '../../host/caches.ts';
import { diskNameOf, Iostat, iostatWords } from '../../host/iostat.ts';
import { interleave } from '../../interleave.ts';
import { parseSysbench, type SysbenchRun } from '../../parsers/sysbench.ts';
import { figure } from '../../report/text.ts';
import { again, type Findings, type Series, type Timeline } from '../../result.ts';
import type { Choice, Context, Suite } from '../../suite.ts';
import type { Unit } from '../../units.ts';
import { type Calibration, calibrate } from './calibrate.ts';
import { COMPARISONS, timeCondition } from './comparisons.ts';
import { interpret } from './interpret.ts';
import { container, native, type Place, virtualMachine } from './places.ts';
import { sysbenchPlots } from './plots.ts';
import { fileSize, type SysbenchTest, TESTS } from './tests.ts';

const ROUNDS = 3;

/** What is read off a run: of `events` events, or as if they had been so many. */
const FIGURES: readonly { condition: string; unit: Unit; of(run: SysbenchRun, events: number): number | undefined }[] =
  [
    { condition: timeCondition, unit: 's', of: ({ totalTime, events: done }, events) => (totalTime * events) / done },
    { condition: 'events', unit: 'events/s', of: ({ totalTime, events }) => events / totalTime },
    { condition: 'latency, mean', unit: 'ms', of: ({ latency }) => latency.mean },
    { condition: 'latency, 95 %', unit: 'ms', of: ({ latency }) => latency.p95 },
    { condition: 'read', unit: 'MiB/s', of: ({ throughput }) => throughput?.read },
    { condition: 'written', unit: 'MiB/s', of: ({ throughput }) => throughput?.written },
  ];

interface Competitor {
  subject: string;
  place: Place;
  calibration: Calibration;
}

async function places(context: Context): Promise<Place[]> {
  const all = [native(context), await container(context)];
  const reason = noVm(context.present);
  if (reason) context.lacks('vm', reason);
  else
    try {
      context.progress('booting a virtual machine', 0, 1);
      all.push(await virtualMachine(context));
    } catch (error) {
      context.signal.throwIfAborted();
      context.lacks('vm', (error as Error).message);
    }
  return all;
}

/** An emulated machine takes several times as long for an event: its runs have as many as fit, and are scaled. */
async function competitors(context: Context, test: SysbenchTest, all: readonly Place[]): Promise<Competitor[]> {
  const found: Competitor[] = [];
  for (const place of all) {
    context.signal.throwIfAborted();
    if (test.files) {
      const words = [...test.words(context), 'prepare'];
      context.command(`${test.name}, ${place.subject}: its files, once`, place.line(words));
      await place.run(words);
    }
    const emulated = place.subject.startsWith('vm');
    const first = found[0]?.calibration;
    if (!first || emulated) {
      const calibration = await calibrate(place, test, context);
      context.command(
        `${test.name}, ${place.subject}: calibration, ${figure(calibration.rate)} events a second`,
        place.line(calibration.words),
      );
      found.push({ subject: place.subject, place, calibration });
    } else found.push({ subject: place.subject, place, calibration: first });
  }
  const one = found[0] as Competitor;
  const scaled = found.filter(({ calibration }) => calibration.events !== one.calibration.events);
  for (const { subject, calibration } of scaled)
    context.note(
      `${test.name}: ${subject} has runs of ${calibration.events} events, as many as it does in the time of a run; its time is told for ${one.calibration.events}, in proportion.`,
    );
  // The noise floor: the same place, the same files, once more.
  return [...found, { ...one, subject: again(one.subject) }];
}

const runWords = (test: SysbenchTest, choice: Choice, { events }: Calibration): string[] => [
  ...test.words(choice),
  '--time=0',
  `--events=${events}`,
  'run',
];

async function measure(context: Context, test: SysbenchTest, all: readonly Place[]): Promise<Findings> {
  const disk = diskNameOf(context.scratch);
  const timelines: Timeline[] = [];
  const runs = new Map<string, SysbenchRun[]>();
  let notDropped: string | undefined;
  const chosen = await competitors(context, test, all);
  for (const { subject, place, calibration } of chosen.filter(({ subject }) => !subject.endsWith(' again')))
    context.command(`${test.name}, ${subject}: each run`, place.line(runWords(test, context, calibration)));
  context.command(`${test.name}: beside each run, on the host`, iostatWords(disk).join(' '));

  await interleave(
    chosen,
    {
      rounds: context.runs ?? (context.quick ? 2 : ROUNDS),
      random: context.random(),
      signal: context.signal,
      pause: 500,
      progress: (done, of) => context.progress(test.name, done, of),
    },
    async ({ subject, place, calibration }) => {
      if (test.files) notDropped ??= await dropCaches();
      const iostat = new Iostat(disk);
      const done = runs.get(subject) ?? [];
      try {
        const run = parseSysbench(await place.run(runWords(test, context, calibration)));
        runs.set(subject, [...done, run]);
        return [run.totalTime];
      } finally {
        timelines.push(await iostat.stop(`${test.name}, ${subject}, round ${done.length + 1}`));
      }
    },
  );
  if (test.files) {
    if (notDropped) context.note(`The host’s caches could not be dropped before fileio’s runs: ${notDropped}.`);
    else context.note('The host’s caches were dropped before each run of fileio (/proc/sys/vm/drop_caches).');
  }
  const events = (chosen[0] as Competitor).calibration.events;
  const series = chosen.flatMap(({ subject }) =>
    FIGURES.flatMap(({ condition, unit, of }): Series[] => {
      const rounds = (runs.get(subject) ?? []).flatMap((run) => {
        const value = of(run, events);
        return value === undefined ? [] : [[value]];
      });
      return rounds.length > 0 ? [{ section: test.name, condition, subject, unit, rounds }] : [];
    }),
  );
  return { series, timelines };
}

const ALONE = 4;
const RUN = { full: 45, quick: 4 } as const;

export const sysbench: Suite = {
  name: 'sysbench',
  title: 'sysbench: CPU and files, native, in a container and in a virtual machine',
  about: 'cpu and fileio, native, in a container and in a VM',
  programs: ['sysbench', 'iostat', 'mke2fs'],
  peers: VM_PROGRAMS,
  once: 'a kernel for the VM (30 MB), 1 min',
  disk: (choice) => 4 * fileSize(choice) + 2 ** 28,
  memory: () => 3 * 2 ** 30,
  seconds: (choice) =>
    (choice.quick ? 12 : 60) +
    TESTS.length * ALONE * (choice.runs ?? (choice.quick ? 2 : ROUNDS)) * (choice.quick ? RUN.quick : RUN.full),
  async run(context) {
    const all: Place[] = [];
    const series: Series[] = [];
    const timelines: Timeline[] = [];
    try {
      all.push(...(await places(context)));
      for (const test of TESTS) {
        context.progress(test.name, 0, 1);
        const found = await measure(context, test, all);
        series.push(...found.series);
        timelines.push(...(found.timelines ?? []));
      }
    } finally {
      for (const place of all) await place.close();
    }
    return { series, timelines };
  },
  comparisons: COMPARISONS,
  method: [
    ...TESTS.flatMap(({ why }) => why),
    'sysbench 1.0 ends a run at `--time` (10 s by default) or `--events`, whichever comes first. With a time all runs are equally long; so a short trial with a time finds how many events take 30 to 60 s (a few seconds with --quick), and all runs have `--time=0` and that number: their total times can be compared.',
    'The container’s root is the host’s own, copy-on-write, and the guest has the host’s own program and libraries: all three run the same sysbench. fileio works in a directory of the host’s disk, bind-mounted into the container; tmpfs is refused.',
    'iostat runs on the host during every run, also of those in the guest.',
  ],
  interpret,
  plots: sysbenchPlots,
};
