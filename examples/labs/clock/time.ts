/** Clocks as the lab's server and client read them: microseconds since 1970, whole ones, which a JSON number holds exactly. */

/** A clock to be asked for the time. */
export interface Clock {
  /** Microseconds since 1970-01-01 UTC. */
  now(): number;
  /**
   * What it shows beyond the machine's monotonic clock, microseconds. All processes of a machine share that one, so that
   * the true difference of two clocks is the difference of their offsets: it is this that estimates are held against.
   */
  readonly offset: number;
}

/** Microseconds of CLOCK_MONOTONIC. */
const monotonic = (): number => Number(process.hrtime.bigint() / 1000n);

/**
 * The wall clock, wrong by `skew` microseconds. It is read once and then goes on with the monotonic clock: a wall clock that
 * somebody sets between two stamps would make a round trip negative.
 */
export function clockWith(skew = 0): Clock {
  const offset = Math.round((performance.timeOrigin + performance.now()) * 1000) - monotonic() + skew;
  return { offset, now: () => monotonic() + offset };
}

const UNITS: Readonly<Record<string, number>> = { us: 1, µs: 1, ms: 1e3, s: 1e6, m: 60e6, h: 3600e6 };

/** '3.7s', '-250ms' in microseconds; a number alone is seconds. Undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  const [, number = '', unit = ''] = /^([+-]?\d+(?:\.\d+)?)(us|µs|ms|s|m|h)?$/.exec(text) ?? [];
  const microseconds = Math.round(Number(number) * (UNITS[unit || 's'] as number));
  return number === '' || !Number.isSafeInteger(microseconds) ? undefined : microseconds;
}

/** With sign and unit: '+3.700012 s', '812 µs'. */
export function formatDuration(microseconds: number, signed = false): string {
  const sign = microseconds < 0 ? '-' : signed ? '+' : '';
  const size = Math.abs(microseconds);
  if (size < 1e3) return `${sign}${size} µs`;
  if (size < 1e6) return `${sign}${size / 1e3} ms`;
  return `${sign}${(size / 1e6).toFixed(6)} s`;
}

/** '2026-11-30 17:20:01.000123 UTC'. */
export function formatTime(microseconds: number): string {
  const whole = new Date(Math.floor(microseconds / 1e6) * 1000).toISOString().slice(0, 19).replace('T', ' ');
  return `${whole}.${String(microseconds % 1e6).padStart(6, '0')} UTC`;
}
