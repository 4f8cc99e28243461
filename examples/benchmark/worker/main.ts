/** A worker process: a Node program with a heap, that starts containers when it is asked to. */
import { Cofferdam } from '../environments/cofferdam.ts';
import { type Environment, timeBatch } from '../environments/environment.ts';
import { OciRuntime } from '../environments/oci.ts';
import { takeBallast } from './ballast.ts';
import { measureBlocking } from './blocking.ts';
import type { Calls, EnvironmentName, Reply, Request, Setting } from './protocol.ts';
import { traceLaunches } from './traces.ts';

/** Containers that are started at a time, where many are to be held. */
const HOLD_AT_ONCE = 8;

let setting: Setting | undefined;
const environments = new Map<EnvironmentName, Environment>();

const MAKERS: Readonly<Record<EnvironmentName, (setting: Setting) => Environment>> = {
  cofferdam: ({ rootfs }) => new Cofferdam(rootfs),
  crun: ({ rootfs, directory }) => new OciRuntime('crun', rootfs, directory),
  runc: ({ rootfs, directory }) => new OciRuntime('runc', rootfs, directory),
};

function environment(name: EnvironmentName): Environment {
  if (!setting) throw new Error('worker: open() comes first');
  const made = environments.get(name) ?? MAKERS[name](setting);
  environments.set(name, made);
  return made;
}

const calls: {
  [Name in keyof Calls]: (
    ...args: Parameters<Calls[Name]>
  ) => ReturnType<Calls[Name]> | Promise<ReturnType<Calls[Name]>>;
} = {
  open(given) {
    setting = given;
    takeBallast(given.heap);
    return { resident: process.memoryUsage.rss() };
  },
  launches: (name, batch) => timeBatch(batch, () => environment(name).launch()),
  execs: (name, batch) => timeBatch(batch, () => environment(name).exec()),
  async hold(name, count) {
    const pids: number[] = [];
    await timeBatch({ count, atOnce: Math.min(count, HOLD_AT_ONCE) }, async () =>
      pids.push(await environment(name).hold()),
    );
    return pids;
  },
  release: (name) => environment(name).release(),
  blocking: (name, one, atOnce) => measureBlocking(() => environment(name).launch(), one, atOnce),
  traces: (count, pause) => traceLaunches(environment('cofferdam') as Cofferdam, count, pause),
};

async function answer({ id, call, args }: Request): Promise<Reply> {
  try {
    const work = calls[call] as (...args: unknown[]) => unknown;
    return { id, value: await work(...args) };
  } catch (error) {
    return { id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

process.on('message', async (request: Request) => {
  const reply = await answer(request);
  if (process.connected) process.send?.(reply);
});

// The benchmark is done with this process, or gone.
process.on('disconnect', async () => {
  await Promise.allSettled([...environments.values()].map((each) => each.release()));
  process.exit();
});
