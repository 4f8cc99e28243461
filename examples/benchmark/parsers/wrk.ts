/** What `wrk --latency` prints. */

const TO_MS: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const TO_BYTES: Readonly<Record<string, number>> = { B: 1, KB: 2 ** 10, MB: 2 ** 20, GB: 2 ** 30, TB: 2 ** 40 };

const PERCENTILES = [50, 75, 90, 99] as const;

export interface WrkRun {
  requestsPerSecond: number;
  /** Bytes. */
  transferPerSecond: number;
  requests: number;
  /** Milliseconds by percentile: 50, 75, 90, 99. */
  latency: Readonly<Record<(typeof PERCENTILES)[number], number>>;
  /** Of sockets (connect, read, write, timeout), and answers that are no 2xx or 3xx. */
  errors: number;
}

/** '1.23ms' */
function milliseconds(text: string): number {
  const [, number = '', unit = ''] = /^([\d.]+)(us|ms|s|m|h)$/.exec(text) ?? [];
  return Number(number || Number.NaN) * (TO_MS[unit] ?? Number.NaN);
}

/** '2.50MB' */
function bytes(text: string): number {
  const [, number = '', unit = ''] = /^([\d.]+)([KMGT]?B)$/.exec(text) ?? [];
  return Number(number || Number.NaN) * (TO_BYTES[unit] ?? Number.NaN);
}

/** @throws when a figure is not there: with what wrk said instead */
export function parseWrk(text: string): WrkRun {
  const need = (pattern: RegExp): string => {
    const found = pattern.exec(text)?.[1];
    if (found !== undefined) return found;
    throw new Error(`wrk: no ${pattern.source} in its output: ${text.trim().split('\n').at(-1) ?? ''}`);
  };
  const percentile = (of: number) => milliseconds(need(new RegExp(`^\\s+${of}%\\s+(\\S+)$`, 'm')));
  const sockets = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(text)?.slice(1) ?? [];
  const answers = /Non-2xx or 3xx responses: (\d+)/.exec(text)?.[1] ?? '0';
  return {
    requestsPerSecond: Number(need(/^Requests\/sec:\s+([\d.]+)$/m)),
    transferPerSecond: bytes(need(/^Transfer\/sec:\s+(\S+)$/m)),
    requests: Number(need(/^\s+(\d+) requests in /m)),
    latency: { 50: percentile(50), 75: percentile(75), 90: percentile(90), 99: percentile(99) },
    errors: [...sockets, answers].reduce((sum, each) => sum + Number(each), 0),
  };
}
