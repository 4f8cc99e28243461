/** The exec suite. */
import { HEAP_NAMES } from '../../laboratory/heaps.ts';
import { aliveCondition } from '../../laboratory/levels.ts';
import { sectionSuite } from '../../laboratory/suite.ts';
import { curves } from '../../report/plots/curves.ts';
import type { Plot } from '../../report/plots/plot.ts';
import { spread } from '../../report/plots/spread.ts';
import { again, type Result } from '../../result.ts';
import type { Comparison } from '../../suite.ts';
import { atOnceCondition } from '../launch/at-once.ts';
import { execsAtOnce, execsBesideOthers, execsByHeap, paces } from './sections.ts';

const compared = (
  text: string,
  section: string,
  condition: string,
  over: string,
  under: string,
  goal: Pick<Comparison, 'atMost' | 'atLeast' | 'headline'> = {},
): Comparison => ({
  text: `${text}: ${over} / ${under}`,
  over: { section, condition, subject: over },
  under: { section, condition, subject: under },
  ...goal,
});

const HEADLINE = { headline: true } as const;

const COMPARISONS: readonly Comparison[] = [
  compared('60 ms apart', 'exec', 'apart', 'cofferdam', 'floor', { atMost: 1.5, ...HEADLINE }),
  compared('60 ms apart', 'exec', 'apart', 'crun', 'cofferdam', { atLeast: 8, ...HEADLINE }),
  ...(['runc', 'lxc', 'podman', 'docker'] as const).map((peer) =>
    compared('60 ms apart', 'exec', 'apart', peer, 'cofferdam', HEADLINE),
  ),
  compared('noise, 60 ms apart', 'exec', 'apart', again('cofferdam'), 'cofferdam', HEADLINE),
  compared('back to back', 'exec', 'back to back', 'cofferdam', 'floor', { atMost: 1.5 }),
  compared('back to back', 'exec', 'back to back', 'crun', 'cofferdam', { atLeast: 8 }),
  ...(['runc', 'lxc', 'podman', 'docker'] as const).map((peer) =>
    compared('back to back', 'exec', 'back to back', peer, 'cofferdam'),
  ),
  compared('noise, back to back', 'exec', 'back to back', again('cofferdam'), 'cofferdam'),
  ...[2, 8, 32].flatMap((level) => [
    compared(`${level} at once`, 'at once', atOnceCondition(level), 'cofferdam', 'floor'),
    compared(`${level} at once`, 'at once', atOnceCondition(level), 'crun', 'cofferdam'),
  ]),
  compared('1 GiB of Buffers', 'heap', HEAP_NAMES.buffers, 'crun', 'cofferdam'),
  ...[100, 500].map(
    (count): Comparison => ({
      text: `cofferdam: beside ${count} / none`,
      over: { section: 'alive', condition: aliveCondition(count, false), subject: 'cofferdam' },
      under: { section: 'alive', condition: aliveCondition(0, false), subject: 'cofferdam' },
    }),
  ),
];

function plots({ series }: Result): Plot[] {
  const of = (section: string, condition?: string) =>
    series.filter((each) => each.section === section && (condition === undefined || each.condition === condition));
  const spreads: [string, string, typeof series][] = [
    ['A further process in a running container, 60 ms apart', 'From the call to the result.', of('exec', 'apart')],
    ['The same, one after the other', 'In a loop.', of('exec', 'back to back')],
    ['From Node processes of different sizes', 'fork(2) copies page tables; Cofferdam does not fork.', of('heap')],
    ['Beside other containers', 'How many containers live must not matter.', of('alive')],
  ];
  const atOnce = of('at once');
  return [
    ...spreads
      .filter(([, , some]) => some.length > 0)
      .map(([title, about, some]) => spread({ title, about, series: some })),
    ...(atOnce.length > 0
      ? [
          curves({
            title: 'Execs at once: time for each',
            about: 'A burst of execs into one container, so many of them at a time, divided by their number.',
            series: atOnce,
            along: 'at once',
            at: ({ condition }) => condition.replace(' at once', ''),
          }),
        ]
      : []),
  ];
}

export const exec = sectionSuite({
  name: 'exec',
  title: 'Execs: a further process in a container that runs',
  about: 'latency of a further process in a running container',
  sections: [paces, execsAtOnce, execsBesideOthers, execsByHeap],
  comparisons: COMPARISONS,
  plots,
  method: [
    '`true` in a container that runs, from the call to its result: `container.exec()`, or the peer’s own `exec` by `child_process.execFile()`. bubblewrap has none.',
    'floor: a C program that joins the same container’s namespaces and cgroups with the same system calls, and times itself.',
    '“apart” waits 60 ms before each; a sample of “at once” is a whole burst divided by its execs.',
  ],
});
