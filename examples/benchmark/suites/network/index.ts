/** The network suite: what bridges, translation and tunnels take, against loopback. */
import { withNetwork } from '../../environments/network.ts';
import { type Competitor, compete } from '../../laboratory/section.ts';
import { spread } from '../../report/plots/spread.ts';
import { figure } from '../../report/text.ts';
import { again, type Result } from '../../result.ts';
import { median } from '../../statistics.ts';
import type { Comparison, Context, Suite } from '../../suite.ts';
import { makePaths, type Path } from './paths.ts';
import { buildTraffic, parsePings, parseStream } from './program.ts';

const ROUNDS = { full: 15, quick: 4 } as const;
const STREAM = { full: 1000, quick: 400 } as const;
const PINGS = { full: 200, quick: 100 } as const;
const PATHS = 6;

const kindOf = ({ quick }: { quick: boolean }) => (quick ? 'quick' : 'full');

/** The first path once more is the noise floor. */
const twice = (paths: readonly Path[]): (Path & { subject: string })[] => {
  const all = paths.map((path) => ({ ...path, subject: path.name }));
  return [...all, ...all.slice(0, 1).map((path) => ({ ...path, subject: again(path.name) }))];
};

function streams(context: Context, paths: readonly Path[]): Competitor[] {
  const milliseconds = STREAM[kindOf(context)];
  return twice(paths).map(({ subject, address, port, client, line }) => {
    const words = ['stream', address, String(port), String(milliseconds)];
    if (!subject.endsWith(' again')) context.command(`throughput, ${subject}`, line(words));
    return { condition: '', subject, measure: async () => [parseStream(await client(words))] };
  });
}

function pings(context: Context, paths: readonly Path[]): Competitor[] {
  const count = PINGS[kindOf(context)];
  return twice(paths).map(({ subject, address, port, client, line }) => {
    const words = ['ping', address, String(port), String(count)];
    if (!subject.endsWith(' again')) context.command(`round trip, ${subject}`, line(words));
    return { condition: '', subject, measure: async () => parsePings(await client(words), count) };
  });
}

const compared = (section: string, name: string, headline = true): Comparison => ({
  text: `${section}: ${name} / loopback`,
  over: { section, condition: '', subject: name },
  under: { section, condition: '', subject: 'loopback' },
  ...(headline && { headline: true }),
});

const NAMES = ['bridge', 'container to container', 'NAT', 'VXLAN'];

function interpret({ series }: Result): string[] {
  const of = (section: string, subject: string) =>
    median(series.find((each) => each.section === section && each.subject === subject)?.rounds.flat() ?? []);
  const loop = of('round trip', 'loopback');
  return NAMES.filter((name) => Number.isFinite(of('round trip', name))).map((name) => {
    const more = of('round trip', name) - loop;
    const share = (100 * of('throughput', name)) / of('throughput', 'loopback');
    return `${name}: ${share.toFixed(0)} % of loopback’s throughput; a byte there and back takes ${figure(Math.abs(more))} µs ${more >= 0 ? 'more' : 'less'}.`;
  });
}

export const network: Suite = {
  name: 'network',
  title: 'Network: bridges, translation and tunnels against loopback',
  about: 'throughput and round trip over veth and bridge, NAT, VXLAN',
  programs: ['cc', 'ip'],
  peers: [],
  disk: () => 2 ** 26,
  seconds: (choice) => {
    const rounds = choice.runs ?? ROUNDS[kindOf(choice)];
    return 10 + (rounds + 1) * PATHS * (STREAM[kindOf(choice)] / 1000 + 0.25);
  },
  run: (context) =>
    withNetwork(async (made) => {
      const { paths, close } = await makePaths(context, made, buildTraffic(context.scratch));
      try {
        for (const { name, about } of paths) context.note(`${name}: ${about}.`);
        const rounds = context.runs ?? ROUNDS[kindOf(context)];
        return {
          series: [
            ...(await compete(context, {
              section: 'throughput',
              rounds,
              unit: 'Gbit/s',
              competitors: streams(context, paths),
            })),
            ...(await compete(context, {
              section: 'round trip',
              rounds,
              unit: 'µs',
              competitors: pings(context, paths),
            })),
          ],
        };
      } finally {
        await close();
      }
    }),
  comparisons: [
    ...NAMES.flatMap((name) => [compared('throughput', name), compared('round trip', name)]),
    compared('throughput', again('loopback')),
    compared('round trip', again('loopback')),
  ],
  method: [
    'A C program at both ends, one TCP connection: throughput is what arrived at the other end, divided by the time until it said so; round trip is one byte there and back, hundreds of times in a row.',
    'Networks are those of `createNetwork()`, with nftables for published ports. Everything is on one machine: what is measured is the kernel’s work for a packet, not a wire.',
  ],
  interpret,
  plots({ series }) {
    const of = (section: string) => series.filter((each) => each.section === section);
    return [
      { section: 'round trip', title: 'One byte there and back', about: 'By the path that it takes.' },
      { section: 'throughput', title: 'Throughput of one connection', about: 'By the path that it takes.' },
    ].flatMap(({ section, title, about }) =>
      of(section).length > 0 ? [spread({ title, about, series: of(section) })] : [],
    );
  },
};
