import type { Comparison } from '../../suite.ts';

export const timeCondition = 'total time';

const VMS = ['vm (kvm)', 'vm (emulated)'];

const compared = (section: string, condition: string, over: string, headline = false): Comparison => ({
  text: `${section}, ${condition}: ${over} / native`,
  over: { section, condition, subject: over },
  under: { section, condition, subject: 'native' },
  ...(headline && { headline: true }),
});

/** Times, and what they are the sum of. */
export const COMPARISONS: readonly Comparison[] = ['cpu', 'fileio'].flatMap((section) => [
  compared(section, timeCondition, 'cofferdam', true),
  ...VMS.map((vm) => compared(section, timeCondition, vm, true)),
  compared(section, timeCondition, 'native again', true),
  compared(section, 'latency, 95 %', 'cofferdam'),
  ...VMS.map((vm) => compared(section, 'latency, 95 %', vm)),
]);
