/**
 * Down only to the most that was wanted in the last so many milliseconds: a gap in the load takes nothing away, and what comes
 * and goes within the window changes nothing. (Kubernetes' stabilizationWindowSeconds.)
 */
import { append, most, recent, type Series } from './window.ts';

/**
 * A need as a whole number. One less only when the need is clearly less: near a boundary, noise would take a replica away and
 * bring it back, for ever.
 * @param margin By how much the need may grow before it has to be answered, 0.15 for 15 %.
 */
export function settle(need: number, before: number, margin: number): number {
  return Math.ceil(need) > before ? Math.ceil(need) : Math.min(before, Math.ceil(need * (1 + margin)));
}

export interface Stabilised {
  desired: number;
  /** What was wanted, over time. */
  wanted: Series;
}

/** @param before What there is: kept for as long, when nothing is known yet, by a controller that has just taken over. */
export function stabilise(wanted: Series, time: number, value: number, span: number, before: number): Stabilised {
  const series = append(wanted.length > 0 ? wanted : [{ time, value: before }], time, value, span);
  return { desired: Math.max(value, most(recent(series, span))), wanted: series };
}
