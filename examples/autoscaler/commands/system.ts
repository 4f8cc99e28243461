/** An autoscaler as a whole: started, asked, and taken away. */
import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { readController } from '../control/record.ts';
import { removeContainers } from '../fleet/fleet.ts';
import { paths, type Settings } from '../settings.ts';

const CONTROLLER = fileURLToPath(new URL('../control/main.ts', import.meta.url));
/** Milliseconds that a controller may take until the first replicas serve; the root file systems are made meanwhile. */
const START = 180_000;
/** Milliseconds that it may take to end. */
const END = 10_000;

export const fail = (message: string, code: string): Error => Object.assign(new Error(message), { code });

/** Settings of the autoscaler with a name; undefined when there is none. */
export function readSettings(name: string): Settings | undefined {
  try {
    return JSON.parse(readFileSync(paths(name).settings, 'utf8'));
  } catch {
    return undefined;
  }
}

/** Start a controller in the background. Resolves when the first replicas serve. @throws why it could not start */
export async function startController(settings: Settings, signal?: AbortSignal): Promise<void> {
  const at = paths(settings.name);
  mkdirSync(at.directory, { recursive: true, mode: 0o700 });
  writeFileSync(at.settings, `${JSON.stringify(settings, null, 2)}\n`);
  rmSync(at.controller, { force: true });
  const log = openSync(at.log, 'a');
  const child = spawn(process.execPath, [...process.execArgv, CONTROLLER, settings.name], {
    stdio: ['ignore', log, log],
    detached: true,
  });
  let exited = false;
  child.once('exit', () => {
    exited = true;
  });
  closeSync(log);
  child.unref();
  for (const end = Date.now() + START; ; await sleep(20, undefined, { signal })) {
    const record = readController(settings.name);
    if (record?.ready) return;
    if (record?.error !== undefined) throw fail(record.error, 'ERR_CONTROLLER');
    if (exited) throw fail(`the controller ended at its start, see ${at.log}: ${lastLines(at.log)}`, 'ERR_CONTROLLER');
    if (Date.now() > end)
      throw fail(`the controller is not ready after ${START / 1000} s, see ${at.log}`, 'ERR_CONTROLLER');
  }
}

function lastLines(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n').slice(-3).join(' | ') : '';
}

/** End the controller, when it lives; its containers stay. */
export async function stopController(name: string, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  const record = readController(name);
  if (!record?.alive) return;
  process.kill(record.pid, signal);
  const end = Date.now() + END;
  while (readController(name)?.alive) {
    if (Date.now() > end) process.kill(record.pid, 'SIGKILL');
    await sleep(10);
  }
}

/** Leave nothing. @returns what was there, for people; empty when there was nothing */
export async function takeDown(name: string): Promise<string[]> {
  const wasAlive = readController(name)?.alive === true;
  await stopController(name);
  const removed = await removeContainers(name);
  // A replica may have been on its way when the controller ended.
  while ((await removeContainers(name)).length > 0);
  const { directory, all } = paths(name);
  const hadState = existsSync(directory);
  rmSync(directory, { recursive: true, force: true });
  // The others' directory stays while there are others.
  try {
    rmdirSync(all);
  } catch {}
  return [...(wasAlive ? ['the controller'] : []), ...removed, ...(hadState ? ['its state'] : [])];
}

/** Ask a running controller. @throws ERR_CONTROLLER when it does not answer */
export async function ask(port: number, path: string, body?: unknown): Promise<unknown> {
  let response: Response;
  try {
    response = await fetch(`http://127.0.0.1:${port}${path}`, {
      ...(body !== undefined && {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
      signal: AbortSignal.timeout(5000),
    });
  } catch (cause) {
    throw Object.assign(new Error(`the controller at port ${port} does not answer`, { cause }), {
      code: 'ERR_CONTROLLER',
    });
  }
  if (!response.ok) throw fail(`the controller says: ${await response.text()}`, 'ERR_CONTROLLER');
  return response.status === 204 ? undefined : response.json();
}

export function addresses({ entry, statistics, dashboard }: Settings['ports']): string {
  return [
    `entry       http://127.0.0.1:${entry}`,
    `dashboard   http://127.0.0.1:${dashboard}`,
    `statistics  http://127.0.0.1:${statistics}/stats and /stats;csv`,
    '',
  ].join('\n');
}
