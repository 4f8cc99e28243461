/** The nginx suite: a web server, native, in containers on several networks, and in a virtual machine. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { withNetwork } from '../../environments/network.ts';
import { noVm, VM_PROGRAMS } from '../../environments/vm.ts';
import { interleave } from '../../interleave.ts';
import { parseWrk, type WrkRun } from '../../parsers/wrk.ts';
import { curves } from '../../report/plots/curves.ts';
import { spread } from '../../report/plots/spread.ts';
import { figure } from '../../report/text.ts';
import { again, isAgain, type Result, type Series } from '../../result.ts';
import { median } from '../../statistics.ts';
import type { Comparison, Context, Suite } from '../../suite.ts';
import type { Unit } from '../../units.ts';
import { native, onBridge, onHostNetwork, type Place, publishedPort, virtualMachine } from './places.ts';
import { FILES, urlPath } from './site.ts';

const ROUNDS = { full: 3, quick: 2 } as const;
const SECONDS = { full: 10, quick: 1 } as const;
/** Of wrk: enough to keep one worker busy, not so many that latency is a queue's. */
const CONNECTIONS = 8;
const PLACES = 6;

const kindOf = ({ quick }: { quick: boolean }) => (quick ? 'quick' : 'full');

const FIGURES: readonly { section: string; unit: Unit; of(run: WrkRun): number }[] = [
  { section: 'requests', unit: 'requests/s', of: ({ requestsPerSecond }) => requestsPerSecond },
  { section: 'latency, 50 %', unit: 'ms', of: ({ latency }) => latency[50] },
  { section: 'latency, 90 %', unit: 'ms', of: ({ latency }) => latency[90] },
  { section: 'latency, 99 %', unit: 'ms', of: ({ latency }) => latency[99] },
  { section: 'throughput', unit: 'MiB/s', of: ({ transferPerSecond }) => transferPerSecond / 2 ** 20 },
];

const wrkWords = (seconds: number, url: string): string[] => [
  'wrk',
  ...['--threads', '1', '--connections', String(CONNECTIONS), '--duration', `${seconds}s`, '--latency', url],
];

async function wrk(context: Context, seconds: number, url: string): Promise<WrkRun> {
  const [file = '', ...words] = wrkWords(seconds, url);
  const { stdout } = await promisify(execFile)(file, words, { timeout: (seconds + 60) * 1000, signal: context.signal });
  return parseWrk(stdout);
}

async function measure(context: Context, places: readonly Place[]): Promise<Series[]> {
  const kind = kindOf(context);
  const seconds = SECONDS[kind];
  const first = places[0] as Place;
  const all = [...places, { ...first, subject: again(first.subject) }];
  const competitors = all.flatMap(({ subject, url }) =>
    FILES.map(({ name, bytes }) => ({ subject, file: name, url: `${url}${urlPath(bytes)}`, runs: [] as WrkRun[] })),
  );
  for (const { subject, file, url } of competitors.filter(({ subject }) => subject !== again(first.subject)))
    context.command(`${subject}, ${file}`, wrkWords(seconds, url).join(' '));
  for (const [index, { url }] of places.entries()) {
    context.signal.throwIfAborted();
    context.progress('warm-up', index, places.length);
    await wrk(context, 1, `${url}${urlPath(0)}`);
  }
  const turns = {
    rounds: context.runs ?? ROUNDS[kind],
    random: context.random(),
    signal: context.signal,
    pause: 200,
    progress: (done: number, of: number) => context.progress('requests', done, of),
  };
  await interleave(competitors, turns, async ({ subject, file, url, runs }) => {
    const run = await wrk(context, seconds, url);
    if (run.errors > 0) context.note(`${subject}, ${file}: ${run.errors} of ${run.requests} requests of a run failed.`);
    runs.push(run);
    return [run.requestsPerSecond];
  });
  // By figure, then by file: as tables and plots have them.
  return FIGURES.flatMap(({ section, unit, of }) =>
    FILES.flatMap(({ name }) =>
      competitors
        .filter(({ file }) => file === name)
        .map(({ subject, runs }): Series => {
          return { section, condition: name, subject, unit, rounds: runs.map((run) => [of(run)]) };
        }),
    ),
  );
}

const compared = (section: string, file: string, over: string, headline = false): Comparison => ({
  text: `${section}, ${file}: ${over} / native`,
  over: { section, condition: file, subject: over },
  under: { section, condition: file, subject: 'native' },
  ...(headline && { headline: true }),
});

const SUBJECTS = ['host network', 'bridge', 'published port', 'vm (kvm)', 'vm (emulated)', 'native again'];

function interpret({ series }: Result): string[] {
  const of = (subject: string, file: string) =>
    median(
      series
        .find((each) => each.section === 'requests' && each.subject === subject && each.condition === file)
        ?.rounds.flat() ?? [],
    );
  return SUBJECTS.filter((name) => !name.endsWith(' again') && Number.isFinite(of(name, '1 KB'))).map((name) => {
    const shares = FILES.map(
      ({ name: file }) => `${((100 * of(name, file)) / of('native', file)).toFixed(0)} % with ${file}`,
    );
    return `${name}: of native’s ${figure(of('native', '1 KB'))} requests a second with 1 KB it has ${shares.join(', ')}. ${REASONS[name] ?? ''}`;
  });
}

const REASONS: Readonly<Record<string, string>> = {
  'host network':
    'Nothing is between the server and the host’s sockets; what is left is noise and the overlay under the files.',
  bridge: 'Each packet crosses a veth pair and the bridge, a few microseconds of the kernel’s work on the same CPUs.',
  'published port': 'Addresses are translated on top of that, once for a connection and by its entry for each packet.',
  'vm (emulated)':
    'The guest’s kernel and nginx are emulated, and QEMU’s user network copies every packet in one thread.',
  'vm (kvm)': 'The guest’s kernel handles each packet a second time, and QEMU’s user network copies it in one thread.',
};

export const nginx: Suite = {
  name: 'nginx',
  title: 'nginx: native, in a container and in a virtual machine',
  about: 'requests and latency of nginx: native, four kinds of network, a VM',
  programs: ['nginx', 'wrk'],
  peers: VM_PROGRAMS,
  once: 'a kernel for the VM (30 MB), 1 min',
  disk: () => 2 ** 27,
  memory: () => 2.5 * 2 ** 30,
  seconds: (choice) =>
    20 + PLACES * (1.5 + FILES.length * ((choice.runs ?? ROUNDS[kindOf(choice)]) * (SECONDS[kindOf(choice)] + 0.5))),
  run: (context) =>
    withNetwork(async (network) => {
      const places: Place[] = [];
      try {
        places.push(await native(context));
        places.push(
          await onHostNetwork(context),
          await onBridge(context, network),
          await publishedPort(context, network),
        );
        const reason = noVm(context.present);
        if (reason) context.lacks('vm', reason);
        else
          try {
            context.progress('booting a virtual machine', 0, 1);
            places.push(await virtualMachine(context));
          } catch (error) {
            context.signal.throwIfAborted();
            context.lacks('vm', (error as Error).message);
          }
        return { series: await measure(context, places) };
      } finally {
        for (const place of places) await place.close();
      }
    }),
  comparisons: [
    ...SUBJECTS.map((subject) => compared('requests', '1 KB', subject, true)),
    ...SUBJECTS.flatMap((subject) =>
      FILES.filter(({ name }) => name !== '1 KB').map(({ name }) => compared('requests', name, subject)),
    ),
    ...SUBJECTS.map((subject) => compared('latency, 99 %', '1 KB', subject)),
  ],
  method: [
    `wrk on the host, one thread and ${CONNECTIONS} connections that stay open, for ${SECONDS.full} s (${SECONDS.quick} s with --quick) a run; nginx with one worker, without a log, the same configuration everywhere. Server and client share the machine’s CPUs.`,
    'The container’s root is the host’s own, copy-on-write, and the guest has the host’s own program: the server is the same everywhere.',
    'Requests a second and percentiles of latency are wrk’s own. It is a closed loop: a server that is slow gets less to do, so that its percentiles are those of its own pace.',
  ],
  interpret,
  plots({ series }) {
    const of = (section: string) => series.filter((each) => each.section === section && !isAgain(each));
    const requests = of('requests');
    if (requests.length === 0) return [];
    const along = { along: 'size of the file', at: ({ condition }: Series) => condition };
    return [
      curves({
        title: 'Requests a second',
        about: 'Medians of all runs, by the size of the file.',
        series: requests,
        ...along,
      }),
      spread({
        title: 'Requests a second, every run',
        about: 'By the size of the file.',
        series: series.filter(({ section }) => section === 'requests'),
      }),
      curves({
        title: 'Latency, 99th percentile',
        about: 'Medians of all runs, by the size of the file.',
        series: of('latency, 99 %'),
        ...along,
      }),
    ];
  },
};
