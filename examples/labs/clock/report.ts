/** What the client prints. */
import type { Estimate } from './cristian.ts';
import { formatDuration, formatTime } from './time.ts';

/** One label and its value a line, labels in one column. */
const rows = (table: readonly (readonly [label: string, value: string])[]): string[] => {
  const width = Math.max(...table.map(([label]) => label.length));
  return table.map(([label, value]) => `${label.padEnd(width)}  ${value}`);
};

/** @param truth what is known of the true offset; the estimate is the last line in any case */
export function report(found: Estimate, truth?: string): string[] {
  const { requested, received, answered, arrived, roundTrip, offset, bound, serverTime } = found;
  return rows([
    ['T1 request leaves, client', formatTime(requested)],
    ['T2 request comes, server', formatTime(received)],
    ['T3 answer leaves, server', formatTime(answered)],
    ['T4 answer comes, client', formatTime(arrived)],
    ['round trip (T4-T1)-(T3-T2)', formatDuration(roundTrip)],
    ['server time at T4', formatTime(serverTime)],
    ...(truth === undefined ? [] : [['true offset', truth] as const]),
    ['offset ((T2-T1)+(T3-T4))/2', `${formatDuration(offset, true)} ± ${formatDuration(bound)}`],
  ]);
}

/** Said once: whoever compares with the sheet would otherwise look for the mistake here. */
export const SLIP =
  "The lab's sheet prints the offset with a slip of sign: with (T4-T3) in place of (T3-T4) the clocks cancel out, and half the round trip is left.";
