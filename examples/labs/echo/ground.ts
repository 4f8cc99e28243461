/** The matrix's ground: two networks, three containers and this machine; if wanted, a virtual machine on the first network. */
import { type Container, createContainer, createNetwork, type Network } from 'cofferdam';
import type { Cleanup } from '../../shared/cleanup.ts';
import { programRoot } from '../../shared/node-in-container.ts';
import { guestPlace } from './guest.ts';
import type { Ground, Target } from './matrix.ts';
import { containerPlace, hostPlace, type Place } from './place.ts';

const PORT = 3333;
const LOOPBACK = '127.0.0.1';

/** Milliseconds. */
const PATIENCE = 1000;
const GUEST_PATIENCE = 5000;

/** Something that only waits; the agent comes as a further process. */
async function running(network: Network, publish?: number): Promise<Container> {
  const container = await createContainer({
    ...programRoot(),
    network: {
      bridge: network.name,
      ...(publish !== undefined && { publish: [{ host: publish, container: PORT }] }),
    },
  });
  await container.start(['sleep', 'infinity']);
  return container;
}

export interface Wishes {
  /** The port of this machine that stands for the container's. */
  published: number;
  guest: boolean;
  signal: AbortSignal;
}

export async function layGround({ use }: Cleanup, { published, guest, signal }: Wishes): Promise<Ground> {
  const name = (which: string) => `lab-echo-${which}${process.pid % 10_000}`;
  const bridge = use(await createNetwork({ name: name('a') }));
  const other = use(await createNetwork({ name: name('b') }));
  const host = use(hostPlace('host'));
  const server = use(await running(bridge, published));
  const near = use(await running(bridge));
  const far = use(await running(other));
  const [address = ''] = await server.ips();
  const serving = await containerPlace('container', server);
  const virtual = guest ? use(await guestPlace(bridge, signal)) : undefined;
  const clients: Place[] = [
    host,
    await containerPlace('container on the bridge', near),
    await containerPlace('container on another network', far),
    ...(virtual ? [virtual] : []),
  ];
  // This machine, as each of them knows it: by loopback, or as its network's gateway.
  const machine = new Map<Place, string>(
    clients.map((client, index) => [
      client,
      [LOOPBACK, bridge.gateway, other.gateway, bridge.gateway][index] ?? LOOPBACK,
    ]),
  );
  const hostOf = (client: Place) => machine.get(client) ?? LOOPBACK;
  const targets: Target[] = [
    { name: 'host', place: host, port: 0, reach: (client, port) => ({ host: hostOf(client), port }) },
    { name: 'container', place: serving, port: PORT, reach: (_, port) => ({ host: address, port }) },
    {
      name: 'published port',
      place: serving,
      port: PORT,
      reach: (client) => ({ host: hostOf(client), port: published }),
    },
  ];
  // Whoever interrupts ends the agents, and with them what waits for their answers.
  for (const { agent } of [...clients, serving]) signal.addEventListener('abort', () => agent.end());
  signal.throwIfAborted();
  if (virtual)
    targets.push({
      name: virtual.name,
      place: virtual,
      port: PORT,
      reach: (client, port) => ({ host: client === virtual ? LOOPBACK : virtual.address, port }),
    });
  return { clients, targets, patience: guest ? GUEST_PATIENCE : PATIENCE };
}
