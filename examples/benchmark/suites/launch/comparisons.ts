/** What the project holds itself to, and the other comparisons worth a line. */
import { GUARDED } from '../../environments/names.ts';
import { heapCondition } from '../../laboratory/heaps.ts';
import { aliveCondition } from '../../laboratory/levels.ts';
import { again, type SeriesName } from '../../result.ts';
import type { Comparison } from '../../suite.ts';
import { atOnceCondition } from './at-once.ts';
import { blockingCondition } from './blocking.ts';
import { FROM_SHELL } from './shell.ts';

type Goal = Pick<Comparison, 'atMost' | 'atLeast' | 'headline'>;

const name = (section: string, condition: string, subject: string): SeriesName => ({ section, condition, subject });

/** Two subjects under the same condition. */
const ratio = (
  text: string,
  section: string,
  condition: string,
  over: string,
  under: string,
  goal: Goal = {},
): Comparison => ({
  text: `${text}: ${over} / ${under}`,
  over: name(section, condition, over),
  under: name(section, condition, under),
  ...goal,
});

/** Cofferdam from a large process to Cofferdam from a small one. */
const sameAtHeap = (heap: 'objects' | 'buffers', pace: 'back to back' | 'apart'): Comparison => ({
  text: `cofferdam, ${pace}: ${heap} / small`,
  over: name('heap', heapCondition(heap, pace), 'cofferdam'),
  under: name('heap', heapCondition('small', pace), 'cofferdam'),
  atMost: 1.1,
});

const besides = (subject: string, count: number): Comparison => ({
  text: `${subject}: beside ${count} / none`,
  over: name('alive', aliveCondition(count, false), subject),
  under: name('alive', aliveCondition(0, false), subject),
});

/** How far a subject differs from itself. */
const noise = (section: string, subject: string, goal: Goal = {}): Comparison => ({
  text: `noise, ${section}: ${subject} / itself`,
  over: name(section, '', again(subject)),
  under: name(section, '', subject),
  ...goal,
});

const milliseconds = (text: string, condition: string, goal: Goal = {}): Comparison => ({
  text,
  over: name('blocking', condition, 'cofferdam'),
  ...goal,
});

const HEADLINE = { headline: true } as const;

export const LAUNCH_COMPARISONS: readonly Comparison[] = [
  ratio('60 ms apart', 'apart', '', 'cofferdam', 'floor', { atMost: 1.25, ...HEADLINE }),
  ratio('60 ms apart', 'apart', '', 'crun', 'cofferdam', { atLeast: 6, ...HEADLINE }),
  ...(['runc', 'lxc', 'bubblewrap', 'podman', 'docker'] as const).map((peer) =>
    ratio('60 ms apart', 'apart', '', peer, 'cofferdam', HEADLINE),
  ),
  noise('apart', 'cofferdam', HEADLINE),
  ratio('back to back', 'back to back', '', 'cofferdam', 'floor', { atMost: 1.25 }),
  ratio('back to back', 'back to back', '', 'crun', 'cofferdam', { atLeast: 4 }),
  ...(['runc', 'lxc', 'bubblewrap', 'podman', 'docker'] as const).map((peer) =>
    ratio('back to back', 'back to back', '', peer, 'cofferdam'),
  ),
  ...(['crun', 'runc', 'lxc', 'bubblewrap'] as const).map((peer) =>
    ratio(FROM_SHELL, FROM_SHELL, '', peer, 'cofferdam'),
  ),
  ...[2, 8, 32].flatMap((level) => [
    ratio(
      `${level} at once`,
      'at once',
      atOnceCondition(level),
      'cofferdam',
      'floor',
      level === 8 ? { atMost: 1.25 } : {},
    ),
    ratio(
      `${level} at once`,
      'at once',
      atOnceCondition(level),
      'crun',
      'cofferdam',
      level === 8 ? { atLeast: 2.5 } : {},
    ),
  ]),
  ...GUARDED.map((subject) => ratio('security', 'security', '', subject, 'cofferdam')),
  ratio('objects', 'heap', heapCondition('objects', 'back to back'), 'crun', 'cofferdam'),
  ratio('Buffers', 'heap', heapCondition('buffers', 'back to back'), 'crun', 'cofferdam', { atLeast: 20, ...HEADLINE }),
  ratio('Buffers, 60 ms apart', 'heap', heapCondition('buffers', 'apart'), 'crun', 'cofferdam', { atLeast: 20 }),
  sameAtHeap('objects', 'back to back'),
  sameAtHeap('objects', 'apart'),
  sameAtHeap('buffers', 'back to back'),
  sameAtHeap('buffers', 'apart'),
  ...[100, 500].flatMap((count) => [besides('cofferdam', count), besides('floor', count)]),
  milliseconds('event loop, calls of a launch, ms', blockingCondition('held', 'small'), { atMost: 0.2 }),
  milliseconds('event loop, all work of a launch, ms', blockingCondition('busy', 'small')),
  milliseconds('the same with 1 GiB of Buffers, ms', blockingCondition('busy', 'buffers')),
  milliseconds('loop delay p99 in 200 launches, ms', blockingCondition('p99', 'small'), { atMost: 10 }),
  milliseconds('longest delay in 200 launches, ms', blockingCondition('most', 'small')),
  noise('back to back', 'cofferdam'),
  noise('back to back', 'floor'),
  noise('apart', 'floor'),
];
