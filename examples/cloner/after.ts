/**
 * What is to be done when a container has stopped, by a process of its own that sleeps until then: the hooks stop and
 * post-stop. Nothing else would do it, since the commands have long ended; a container without such hooks has none.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Container } from 'cofferdam';
import type { Config } from './config/config.ts';
import { readConfig } from './config/read.ts';
import { runHooks } from './hooks.ts';
import { libraryName, type Places, placesOf } from './places.ts';

const OWN = fileURLToPath(import.meta.url);
const HOOKS = ['stop', 'post-stop'] as const;

/** To be called when the container runs. */
export function watchForEnd(places: Places, { hooks }: Config, defined: readonly string[] = []): void {
  if (!HOOKS.some((hook) => hooks.has(hook))) return;
  const child = spawn(process.execPath, [...process.execArgv, OWN, places.path, places.name, ...defined], {
    detached: true,
    stdio: 'ignore',
    cwd: '/',
  });
  child.unref();
}

async function work([path = '', name = '', ...defined]: readonly string[]): Promise<void> {
  const places = placesOf(path, name);
  // An ephemeral one takes its configuration with it.
  const config = readConfig(places.config, defined);
  const container = await Container.open(libraryName(places));
  await container.wait();
  for (const hook of HOOKS) await runHooks(hook, { places, config, target: 'stop' });
}

if (process.argv[1] === OWN) await work(process.argv.slice(2));
