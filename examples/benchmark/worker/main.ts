/** A worker process: a Node program with a heap, that starts containers when it is asked to. */
import { listContainers } from 'cofferdam';
import { Cofferdam, GUARDS } from '../environments/cofferdam.ts';
import { Commands, type Peer } from '../environments/commands.ts';
import { type Environment, timeBatch } from '../environments/environment.ts';
import type { EnvironmentName } from '../environments/names.ts';
import { bubblewrap } from '../environments/peers/bubblewrap.ts';
import { docker, podman } from '../environments/peers/engines.ts';
import { lxc } from '../environments/peers/lxc.ts';
import { ociRuntime } from '../environments/peers/oci.ts';
import { takeBallast } from './ballast.ts';
import { measureBlocking } from './blocking.ts';
import type { Ability, Calls, Reply, Request, Setting } from './protocol.ts';
import { traceLaunches } from './traces.ts';

/** Containers that are started at a time, where many are to be held. */
const HOLD_AT_ONCE = 8;

let setting: Setting | undefined;
const environments = new Map<EnvironmentName, Environment>();
/** What is to be done at the end, after everything held has ended. */
const endings: (() => void)[] = [];

const MAKERS: Readonly<Record<EnvironmentName, (setting: Setting) => Environment>> = {
  cofferdam: ({ rootfs }) => new Cofferdam(rootfs),
  'cofferdam, filtered': ({ rootfs }) => new Cofferdam(rootfs, GUARDS.filter),
  'cofferdam, own ids': ({ rootfs }) => new Cofferdam(rootfs, GUARDS.ids),
  crun: ({ rootfs, directory }) => new Commands(ociRuntime('crun', rootfs, directory)),
  runc: ({ rootfs, directory }) => new Commands(ociRuntime('runc', rootfs, directory)),
  lxc: ({ rootfs, directory }) => new Commands(lxc(rootfs, directory)),
  bubblewrap: ({ rootfs }) => new Commands(bubblewrap(rootfs)),
  podman: ({ rootfs, directory }) => forgotten(podman(rootfs, directory)),
  docker: ({ rootfs }) => forgotten(docker(rootfs)),
};

function forgotten(peer: Peer & { forget(): void }): Commands {
  endings.push(peer.forget);
  return new Commands(peer);
}

function environment(name: EnvironmentName): Environment {
  if (!setting) throw new Error('worker: open() comes first');
  const made = environments.get(name) ?? MAKERS[name](setting);
  environments.set(name, made);
  return made;
}

const facts = () => ({ pid: process.pid, resident: process.memoryUsage.rss() });

/** What an environment can do, or an error that names it. */
function able<Name extends Ability>(name: EnvironmentName, ability: Name): Required<Environment>[Name] {
  const made = environment(name);
  const method = made[ability];
  if (!method) throw new Error(`${name} has no ${ability}`);
  return method.bind(made) as Required<Environment>[Name];
}

const calls: {
  [Name in keyof Calls]: (
    ...args: Parameters<Calls[Name]>
  ) => ReturnType<Calls[Name]> | Promise<ReturnType<Calls[Name]>>;
} = {
  open(given) {
    setting = given;
    takeBallast(given.heap);
    return facts();
  },
  facts: () => facts(),
  launches: (name, batch) => timeBatch(batch, () => environment(name).launch()),
  execs: (name, batch) => timeBatch(batch, able(name, 'exec')),
  clones: (name, batch) => timeBatch(batch, able(name, 'clone')),
  cloneMany: (count) => (environment('cofferdam') as Cofferdam).cloneMany(count),
  cloneOnce: () => (environment('cofferdam') as Cofferdam).cloneMany(1),
  async list() {
    const begun = performance.now();
    await listContainers();
    return performance.now() - begun;
  },
  abilities: (name) => (['hold', 'exec', 'clone'] as const).filter((each) => environment(name)[each] !== undefined),
  shell: (name) => environment(name).shell?.(),
  async hold(name, count) {
    const pids: number[] = [];
    await timeBatch({ count, atOnce: Math.min(count, HOLD_AT_ONCE) }, async () =>
      pids.push(await able(name, 'hold')()),
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
  await Promise.allSettled([...environments.values()].map((each) => each.close?.()));
  for (const end of endings) end();
  process.exit();
});
