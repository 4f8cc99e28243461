/** Sees to it that a network has its responder. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { NormalizedInterface } from '../../options/normalized.ts';
import { type NetworkRecord, readRecord } from '../record.ts';
import { forgetKilled, isAlive } from './process.ts';

/** How long a responder may take to start, milliseconds: a busy machine takes its time. */
const PATIENCE = 15_000;

/** Starts under way, by network. */
const starting = new Map<string, Promise<boolean>>();

/** What it needs of the environment: where the state directory is, nothing of the program's own. */
function environment(): NodeJS.ProcessEnv {
  const { COFFERDAM_ROOT } = process.env;
  return { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', ...(COFFERDAM_ROOT !== undefined && { COFFERDAM_ROOT }) };
}

function start(network: NetworkRecord): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [fileURLToPath(new URL('./helper.js', import.meta.url)), network.name], {
      // A session of its own: Ctrl-C in a terminal is not meant for it.
      detached: true,
      cwd: '/',
      env: environment(),
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const end = (text: string) => {
      clearTimeout(timer);
      child.stdout?.destroy();
      child.unref();
      // Another program was quicker: its responder is as good.
      const there = text.startsWith('ready') || isAlive(network.name, network.created);
      if (!there) forgetKilled(network.name, network.created);
      resolve(there);
    };
    const timer = setTimeout(() => end('it takes too long'), PATIENCE);
    child.on('error', () => end('it cannot be started'));
    child.on('exit', () => end('it ended'));
    child.stdout?.once('data', (chunk: Buffer) => end(String(chunk)));
  });
}

/** Started already, or being so. */
function ensureResponder(network: NetworkRecord): Promise<boolean> {
  const key = `${network.name} ${network.created}`;
  const under = starting.get(key) ?? start(network).finally(() => starting.delete(key));
  starting.set(key, under);
  return under;
}

/** Networks that had no responder at the last try: somebody else has the port. It is not tried at each launch. */
const without = new Map<string, number>();
/** Milliseconds until it is tried again. */
const AGAIN = 60_000;

/**
 * Before a launch with these interfaces: their networks have responders, or cannot have any. Undefined when nothing has to
 * be waited for, which takes two reads of small files for each network.
 */
export function readyResponders(interfaces: readonly NormalizedInterface[]): Promise<void> | undefined {
  const waited: Promise<unknown>[] = [];
  for (const { bridge, dns } of interfaces) {
    if (bridge === undefined || dns?.servers !== undefined) continue;
    const network = readRecord(bridge);
    if (!network || isAlive(network.name, network.created)) continue;
    const key = `${network.name} ${network.created}`;
    if (performance.now() < (without.get(key) ?? 0)) continue;
    waited.push(
      ensureResponder(network).then((there) => {
        if (!there) without.set(key, performance.now() + AGAIN);
      }),
    );
  }
  return waited.length === 0 ? undefined : Promise.all(waited).then(() => {});
}
