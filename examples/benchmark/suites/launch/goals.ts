/** What the project holds itself to, and the other comparisons worth a line. */
import type { SeriesName } from '../../result.ts';
import { aliveCondition } from './alive.ts';
import { blockingCondition } from './blocking.ts';
import { heapCondition } from './heap.ts';
import { again } from './section.ts';
import { atOnceCondition } from './throughput.ts';

/** A ratio of medians, or with `under` missing a median in milliseconds. */
export interface Comparison {
  text: string;
  over: SeriesName;
  under?: SeriesName;
  /** At most, or at least, to be content. */
  atMost?: number;
  atLeast?: number;
}

const name = (section: string, condition: string, subject: string): SeriesName => ({ section, condition, subject });

/** Two subjects under the same condition. */
const ratio = (
  text: string,
  section: string,
  condition: string,
  over: string,
  under: string,
  goal: object = {},
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

const sameBesides = (count: number): Comparison => ({
  text: `cofferdam: ${count} / 1 containers alive`,
  over: name('alive', aliveCondition(count, false), 'cofferdam'),
  under: name('alive', aliveCondition(1, false), 'cofferdam'),
});

const floorBesides = (count: number): Comparison => ({
  text: `floor: ${count} / 1 containers alive`,
  over: name('alive', aliveCondition(count, false), 'floor'),
  under: name('alive', aliveCondition(1, false), 'floor'),
});

/** How far a subject differs from itself. */
const noise = (text: string, section: string, condition: string, subject: string): Comparison => ({
  text: `noise, ${text}: ${subject} / itself`,
  over: name(section, condition, again(subject)),
  under: name(section, condition, subject),
});

const milliseconds = (text: string, condition: string, goal: object = {}): Comparison => ({
  text,
  over: name('blocking', condition, 'cofferdam'),
  ...goal,
});

export const COMPARISONS: readonly Comparison[] = [
  ratio('back to back', 'back-to-back', '', 'cofferdam', 'floor', { atMost: 1.25 }),
  ratio('back to back', 'back-to-back', '', 'crun', 'cofferdam', { atLeast: 4 }),
  ratio('back to back', 'back-to-back', '', 'runc', 'cofferdam'),
  ratio('60 ms apart', 'apart', '', 'cofferdam', 'floor', { atMost: 1.25 }),
  ratio('60 ms apart', 'apart', '', 'crun', 'cofferdam', { atLeast: 6 }),
  ratio('60 ms apart', 'apart', '', 'runc', 'cofferdam'),
  ratio('2 at once', 'throughput', atOnceCondition(2), 'cofferdam', 'floor'),
  ratio('8 at once', 'throughput', atOnceCondition(8), 'cofferdam', 'floor', { atMost: 1.25 }),
  ratio('8 at once', 'throughput', atOnceCondition(8), 'crun', 'cofferdam', { atLeast: 2.5 }),
  ratio('8 at once', 'throughput', atOnceCondition(8), 'runc', 'cofferdam'),
  ratio('objects', 'heap', heapCondition('objects', 'back to back'), 'crun', 'cofferdam'),
  ratio('Buffers', 'heap', heapCondition('buffers', 'back to back'), 'crun', 'cofferdam', { atLeast: 20 }),
  ratio('Buffers, 60 ms apart', 'heap', heapCondition('buffers', 'apart'), 'crun', 'cofferdam', { atLeast: 20 }),
  sameAtHeap('objects', 'back to back'),
  sameAtHeap('objects', 'apart'),
  sameAtHeap('buffers', 'back to back'),
  sameAtHeap('buffers', 'apart'),
  ratio('exec, back to back', 'exec', 'back to back', 'cofferdam', 'floor', { atMost: 1.5 }),
  ratio('exec, 60 ms apart', 'exec', 'apart', 'cofferdam', 'floor', { atMost: 1.5 }),
  ratio('exec, back to back', 'exec', 'back to back', 'crun', 'cofferdam', { atLeast: 8 }),
  ratio('exec, 60 ms apart', 'exec', 'apart', 'crun', 'cofferdam', { atLeast: 8 }),
  ratio('exec, 60 ms apart', 'exec', 'apart', 'runc', 'cofferdam'),
  sameBesides(100),
  floorBesides(100),
  sameBesides(1000),
  floorBesides(1000),
  milliseconds('event loop held by the calls of a launch, ms', blockingCondition('held', 'small'), { atMost: 0.2 }),
  milliseconds('event loop held, all work of a launch, ms', blockingCondition('busy', 'small')),
  milliseconds('the same with 1 GiB of Buffers, ms', blockingCondition('busy', 'buffers')),
  milliseconds('event loop delay p99 in 200 launches, ms', blockingCondition('p99', 'small'), { atMost: 10 }),
  milliseconds('longest delay in 200 launches, ms', blockingCondition('most', 'small')),
  noise('back to back', 'back-to-back', '', 'cofferdam'),
  noise('60 ms apart', 'apart', '', 'cofferdam'),
  noise('back to back', 'back-to-back', '', 'floor'),
  noise('60 ms apart', 'apart', '', 'floor'),
  noise('exec, back to back', 'exec', 'back to back', 'cofferdam'),
  noise('exec, 60 ms apart', 'exec', 'apart', 'cofferdam'),
];
