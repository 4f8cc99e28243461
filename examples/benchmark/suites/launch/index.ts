/** The launch suite: its sections, in the order in which they run. */
import { alive } from './alive.ts';
import { apart } from './apart.ts';
import { backToBack } from './back-to-back.ts';
import { blocking } from './blocking.ts';
import { breakdown } from './breakdown.ts';
import { exec } from './exec.ts';
import { heap } from './heap.ts';
import type { Section } from './section.ts';
import { throughput } from './throughput.ts';

// Heaps last but one: the big processes are started then, and containers alive before, so that neither sees the other.
export const SECTIONS: readonly Section[] = [backToBack, apart, throughput, exec, breakdown, alive, heap, blocking];

export const SECTION_NAMES: readonly string[] = SECTIONS.map(({ name }) => name);
