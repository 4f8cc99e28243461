/** `load`: requests, and what became of them. */
import { readFileSync } from 'node:fs';
import { seeded } from '../../benchmark/random.ts';
import { UsageError, type Values } from '../../shared/command-line.ts';
import { arrivalTimes } from '../load/arrivals.ts';
import { shapeOf } from '../load/choose.ts';
import { Client } from '../load/client.ts';
import { closedLoop } from '../load/closed.ts';
import { openLoop } from '../load/open.ts';
import { type LoadResult, Recorder } from '../load/recorder.ts';
import { MIX, type Mix, requestPlan } from '../load/requests.ts';
import { putSeeds } from '../load/seeds.ts';
import { parseTrace, type Shape, trace } from '../load/shapes.ts';
import type { LOAD } from '../options.ts';

type LoadValues = Values<typeof LOAD.options>;

function shapeFrom({ shape, duration, low, high, trace: file }: LoadValues): Shape {
  const chosen = shapeOf(shape, { duration, low, high });
  if (chosen) return chosen;
  if (file === undefined) throw new UsageError('--shape trace needs --trace FILE');
  try {
    return trace(parseTrace(readFileSync(file, 'utf8')), duration);
  } catch (error) {
    throw new UsageError(`--trace: ${(error as Error).message}`);
  }
}

export function loadText({ requests, failed, failures, latency, late }: LoadResult): string {
  const row = (values: Record<string, number>): string =>
    Object.entries(values)
      .map(([name, value]) => `${name} ${value < 10 ? value.toFixed(1) : Math.round(value)}`)
      .join('  ');
  const kinds = Object.entries(failures).map(([kind, count]) => `  ${kind}: ${count}`);
  return [
    `${requests} requests, ${failed} failed`,
    ...kinds,
    `latency, ms, from the intended time: ${row(latency)}`,
    `the generator's own delay, ms:       ${row(late)}`,
    '',
  ].join('\n');
}

export async function load(values: LoadValues, [url = '']: readonly string[]): Promise<number> {
  const origin = URL.canParse(url) ? new URL(url) : undefined;
  if (origin?.protocol !== 'http:')
    throw new UsageError(`'${url}' is no address; give one such as http://127.0.0.1:8080`);
  const mix: Mix = { ...MIX, writes: values.writes, size: values.size };
  const deadline = values.deadline * 1000;
  const random = seeded(values.seed);
  const shape = values.clients === undefined ? shapeFrom(values) : undefined;
  const over = new AbortController();
  const stop = (): void => over.abort();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop);

  const client = new Client(origin.origin);
  const recorder = new Recorder();
  let lines: NodeJS.Timeout | undefined;
  try {
    await putSeeds(client, mix, deadline, origin.origin);
    if (values.lines) lines = printSeconds(recorder);
    if (shape) {
      const times = arrivalTimes(shape, values.even ? 'even' : 'poisson', random);
      const requests = requestPlan(times.length, mix, random);
      await openLoop(client, recorder, { times, requests, deadline, signal: over.signal });
    } else {
      const { clients = 1, spawn, duration, think } = values;
      const plan = requestPlan(10_000, mix, random);
      let next = 0;
      const request = () => plan[next++ % plan.length] as (typeof plan)[number];
      const loop = { clients, spawn, duration: duration * 1000, think: think * 1000, request, deadline };
      await closedLoop(client, recorder, { ...loop, signal: over.signal });
    }
  } finally {
    clearInterval(lines);
    await client.close();
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, stop);
  }
  const result = recorder.result();
  if (!values.lines) process.stdout.write(values.json ? `${JSON.stringify(result, null, 2)}\n` : loadText(result));
  return result.failed > 0 ? 1 : 0;
}

/** Each second as it is over, for a program that reads along. */
function printSeconds(recorder: Recorder): NodeJS.Timeout {
  let printed = -1;
  return setInterval(() => {
    // The last but one: the last is not over.
    const { seconds, failures } = recorder.result();
    for (const second of seconds.slice(0, -1))
      if (second.time > printed) {
        printed = second.time;
        process.stdout.write(`${JSON.stringify({ ...second, failures })}\n`);
      }
  }, 500);
}
