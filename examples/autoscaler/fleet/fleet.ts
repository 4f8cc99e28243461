/** The containers: a network, HAProxy in one, and replicas, which are ephemeral clones of one that holds the store. */
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import {
  Container,
  type ContainerOptions,
  clone,
  createContainer,
  createNetwork,
  type DetachedContainer,
  listContainers,
  listNetworks,
  openNetwork,
} from 'cofferdam';
import { Balancer } from '../balancer/balancer.ts';
import { balancerConfig, PORTS, type Server } from '../balancer/config.ts';
import type { Fleet, Replica } from '../control/replica.ts';
import { names, paths, type Settings } from '../settings.ts';
import { discardIncoming } from '../store/objects.ts';
import { bundleStore, ensureBalancerRoot, ensureNodeRoot, STORE_PROGRAM } from './roots.ts';

/** Where a replica listens. */
const STORE_PORT = 8080;
/** The directory of its configuration and its socket, in the balancer's container. */
const BALANCER = '/balancer';
/** Milliseconds that a replica gets to answer what it has, and that HAProxy gets until it answers. */
const GRACE = 6000;
const BALANCER_START = 15_000;

type Detached = ContainerOptions & { detached: true };

/** The store's container. It is never started itself. */
export function storeOptions(settings: Settings, root: string): Detached {
  const { rate, burst, queue, objects, name } = settings;
  return {
    name: names(name).store,
    detached: true,
    rootfs: root,
    mounts: [
      { source: join(paths(name).directory, 'app'), target: '/app', readonly: true },
      { source: objects, target: '/objects' },
    ],
    network: { bridge: names(name).network },
    env: { STORE_RATE: String(rate), STORE_BURST: String(burst), STORE_QUEUE: String(queue) },
    resources: { pids: 64, memory: 256 * 2 ** 20 },
    command: ['node', `/app/${STORE_PROGRAM}`],
  };
}

export function balancerOptions(settings: Settings, root: string): Detached {
  const { name, ports } = settings;
  const address = '127.0.0.1';
  return {
    name: names(name).balancer,
    detached: true,
    rootfs: root,
    readonly: true,
    mounts: [{ source: paths(name).balancer, target: BALANCER }],
    network: { bridge: names(name).network },
    publish: [
      { host: ports.entry, container: PORTS.entry, address },
      { host: ports.statistics, container: PORTS.statistics, address },
    ],
    resources: { pids: 64, memory: 256 * 2 ** 20 },
    command: ['haproxy', '-db', '-f', `${BALANCER}/${basename(paths(name).config)}`],
  };
}

/** Open what there is, make what is missing. @param servers Those that HAProxy is to know from its start. */
export async function openFleet(settings: Settings, servers: () => Server[]): Promise<Fleet> {
  const { name, objects, concurrency } = settings;
  const at = paths(name);
  const called = names(name);
  mkdirSync(at.balancer, { recursive: true });
  mkdirSync(objects, { recursive: true });
  const [nodeRoot, balancerRoot] = [await ensureNodeRoot(), await ensureBalancerRoot()];
  const before = new Map((await listContainers()).map((container) => [container.name, container]));

  if (!(await listNetworks()).some((network) => network.name === called.network))
    await createNetwork({ name: called.network });
  if (!before.has(called.store)) {
    await bundleStore(join(at.directory, 'app'));
    await createContainer(storeOptions(settings, nodeRoot));
  }

  let balancer: DetachedContainer;
  if (before.get(called.balancer)?.state === 'running') balancer = await Container.open(called.balancer);
  else {
    if (before.has(called.balancer)) await (await Container.open(called.balancer)).remove();
    balancer = await createContainer(balancerOptions(settings, balancerRoot));
    await startBalancer();
  }

  async function startBalancer(): Promise<void> {
    writeFileSync(at.config, balancerConfig({ socket: `${BALANCER}/${basename(at.socket)}`, concurrency }, servers()));
    rmSync(at.socket, { force: true });
    await balancer.start();
    const probe = new Balancer(at.socket, concurrency);
    try {
      for (const end = Date.now() + BALANCER_START; ; await new Promise((resolve) => setTimeout(resolve, 5)))
        try {
          if (existsSync(at.socket)) return void (await probe.statistics());
          if (Date.now() > end) throw new Error('HAProxy does not answer');
        } catch (error) {
          if (Date.now() > end) throw error;
        }
    } finally {
      probe.close();
    }
  }

  return {
    async start(replica) {
      const container = await clone(called.store, { name: `${name}-${replica}`, ephemeral: true });
      return replicaOf(container, replica);
    },
    async adopt() {
      const replicas: Replica[] = [];
      for (const { name: found, state } of before.values()) {
        if (!found.startsWith(called.replicaPrefix) || found === called.balancer) continue;
        const container = await Container.open(found);
        if (state === 'running') replicas.push(await replicaOf(container, found.slice(name.length + 1)));
        else await container.remove();
      }
      return replicas;
    },
    get balancerExited() {
      return balancer.exited;
    },
    restartBalancer: startBalancer,
    discardIncoming: (replica) => discardIncoming(objects, replica),
  };
}

async function replicaOf(container: DetachedContainer, name: string): Promise<Replica> {
  const [address] = await container.ips();
  if (address === undefined) throw new Error(`${container.name} has no address`);
  return {
    name,
    address: `${address}:${STORE_PORT}`,
    exited: container.exited,
    // An ephemeral one vanishes with its end.
    async stop() {
      await container.stop({ timeout: GRACE });
    },
    async kill() {
      await container.stop({ signal: 'SIGKILL', timeout: 0 });
    },
    async usage() {
      const { cpu, memory } = await container.stats();
      return { cpu: cpu?.usage, memory: memory?.current, pressure: cpu?.pressure?.some.avg10 };
    },
  };
}

/** A signal to the first process of a replica, from outside of its pid namespace. */
export async function signalReplica(name: string, replica: string, signal: NodeJS.Signals): Promise<void> {
  const { pid } = await Container.open(`${name}-${replica}`);
  if (pid !== undefined) process.kill(pid, signal);
}

/** Ports of this machine that lead to containers, of whomever. */
export async function publishedPorts(): Promise<Set<number>> {
  const networks = await Promise.all((await listNetworks()).map((network) => network.inspect()));
  return new Set(networks.flatMap(({ ports }) => ports.map(({ host }) => host)));
}

/** Everything that has the name of an autoscaler. @returns what it was, for people */
export async function removeContainers(name: string): Promise<string[]> {
  const called = names(name);
  const found = (await listContainers())
    .map((container) => container.name)
    .filter(
      (each) =>
        each === called.store || each === called.balancer || new RegExp(`^${called.replicaPrefix}\\d+$`).test(each),
    );
  const remove = async (each: string): Promise<void> => (await Container.open(each)).remove();
  // What the copies share goes last.
  await Promise.all(found.filter((each) => each !== called.store).map(remove));
  if (found.includes(called.store)) await remove(called.store);
  const hasNetwork = (await listNetworks()).some((network) => network.name === called.network);
  if (hasNetwork) await (await openNetwork(called.network)).remove();
  return [...found, ...(hasNetwork ? [`the network ${called.network}`] : [])];
}
