/** The clone suite: an ephemeral copy of a container's files, until it runs. */
import { type Competitor, compete, type Section } from '../../laboratory/section.ts';
import { sectionSuite } from '../../laboratory/suite.ts';
import { curves } from '../../report/plots/curves.ts';
import type { Plot } from '../../report/plots/plot.ts';
import { spread } from '../../report/plots/spread.ts';
import { again, type Result } from '../../result.ts';
import type { Comparison } from '../../suite.ts';
import { atOnceCondition } from '../launch/at-once.ts';
import { commandLine } from './command-line.ts';
import { aliveCondition, amongOthers, inOneCall, MANY } from './many.ts';

const single: Section = {
  name: 'clone',
  about: 'one after the other',
  seconds: ({ rounds, batch }) => (rounds + 1) * batch * 0.12,
  async run(bench) {
    const { rounds, batch } = bench.size;
    const worker = await bench.worker('small');
    const names = bench.able('clone');
    const competitor = (subject: string, name: (typeof names)[number]): Competitor => ({
      condition: '',
      subject,
      async measure() {
        try {
          return (await worker.clones(name)({ count: batch, atOnce: 1 })).samples;
        } finally {
          await worker.call('release', name);
        }
      },
    });
    const competitors = [
      {
        condition: '',
        subject: 'floor',
        measure: async () => (await bench.floor({ count: batch, atOnce: 1 })).samples,
      },
      ...names.map((name) => competitor(name, name)),
      competitor(again('cofferdam'), 'cofferdam'),
    ];
    return { series: await compete(bench.context, { section: this.name, rounds, competitors }) };
  },
};

const several: Section = {
  name: 'at once',
  about: '2, 8 and 32 copies at once',
  seconds: ({ rounds, atOnce }) => (Math.ceil(rounds / 4) + 1) * atOnce.reduce((sum, each) => sum + each, 0) * 0.08,
  async run(bench) {
    const worker = await bench.worker('small');
    const competitors = bench.able('clone').flatMap((name) =>
      bench.size.atOnce.map((level) => ({
        condition: atOnceCondition(level),
        subject: name,
        async measure() {
          try {
            return [(await worker.clones(name)({ count: level, atOnce: level })).total / level];
          } finally {
            await worker.call('release', name);
          }
        },
      })),
    );
    const rounds = Math.max(2, Math.ceil(bench.size.rounds / 4));
    return { series: await compete(bench.context, { section: this.name, rounds, competitors }) };
  },
};

/** How much quicker than lxc-copy a copy is to be. */
const GOAL = 7;
/** Milliseconds for listing 500. */
const LIST_GOAL = 50;

const compared = (text: string, section: string, condition: string, over: string, headline = false): Comparison => ({
  text: `${text}: ${over} / cofferdam`,
  over: { section, condition, subject: over },
  under: { section, condition, subject: 'cofferdam' },
  ...(headline && { headline: true }),
});

function plots({ series }: Result): Plot[] {
  const one = series.filter(({ section }) => section === 'clone');
  const many = series.filter(({ section }) => section === 'at once');
  return [
    ...(one.length > 0
      ? [
          spread({
            title: 'An ephemeral copy, until it runs',
            about: 'One after the other. Floor: a container by a C program, from its start to its end.',
            series: one,
          }),
        ]
      : []),
    ...(many.length > 0
      ? [
          curves({
            title: 'Copies at once: time for each',
            about: 'So many copies at the same time, divided by their number.',
            series: many,
            along: 'at once',
            at: ({ condition }) => condition.replace(' at once', ''),
          }),
        ]
      : []),
  ];
}

export const clone = sectionSuite({
  name: 'clone',
  title: 'Clones: an ephemeral copy of a container',
  about: 'latency of an ephemeral copy of a container, until it runs',
  sections: [single, several, inOneCall, amongOthers, commandLine],
  comparisons: [
    { ...compared('one after the other', 'clone', '', 'lxc', true), atLeast: GOAL },
    {
      text: 'one after the other: lxc / floor',
      over: { section: 'clone', condition: '', subject: 'lxc' },
      under: { section: 'clone', condition: '', subject: 'floor' },
      headline: true,
    },
    compared('noise', 'clone', '', again('cofferdam'), true),
    {
      text: `${MANY} copies in one call, milliseconds`,
      over: { section: 'one call', condition: `${MANY} copies`, subject: 'cofferdam' },
    },
    {
      text: 'listContainers() of 500, milliseconds',
      over: { section: 'alive', condition: aliveCondition('list', 500), subject: 'cofferdam' },
      atMost: LIST_GOAL,
      headline: true,
    },
    ...[100, 500].map((level) => ({
      text: `a start with ${level} alive / with 1`,
      over: { section: 'alive', condition: aliveCondition('start', level), subject: 'cofferdam' },
      under: { section: 'alive', condition: aliveCondition('start', 1), subject: 'cofferdam' },
    })),
    ...[2, 8, 32].map((level) => compared(`${level} at once`, 'at once', atOnceCondition(level), 'lxc')),
  ],
  plots,
  method: [
    'A copy shares its source’s files and writes to a layer of its own, which vanishes with it; the sample ends when its first process runs.',
    'cofferdam: `clone(source, { ephemeral: true })`, a detached container: it has a monitor and would outlive the program, as a copy of LXC’s does. lxc: `lxc-copy --ephemeral`, from `child_process`. crun, runc and bubblewrap know no copies.',
    'floor: the C program of the launch suite, which makes one container and waits for its end. No copy can be quicker than what the kernel takes for the container itself, so “lxc / floor” is about the most that “lxc / cofferdam” could be.',
    '“command line”: a whole program from its start to its end, which is apart from all other figures: they are of calls in a program that runs.',
  ],
});
