/** Where nginx runs, and by which way wrk reaches it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Container, type ContainerOptions, createContainer, type Network } from 'cofferdam';
import { which } from '../../../../scripts/setup/programs.js';
import { Guest } from '../../../shared/vm/guest.ts';
import { pathOf } from '../../environments/programs.ts';
import type { Context } from '../../suite.ts';
import { configuration, FILES, makeSite, serverWords, urlPath } from './site.ts';

export interface Place {
  readonly subject: string;
  /** 'http://127.0.0.1:8080' */
  readonly url: string;
  close(): Promise<void>;
}

const INSIDE = '/bench';
/** How long a server may take to answer, milliseconds. */
const PATIENCE = 60_000;

/** Ports that no other run of this benchmark has. */
const FIRST_PORT = 20_000 + ((process.pid * 8) % 20_000);
const PORTS = { native: FIRST_PORT, host: FIRST_PORT + 1, published: FIRST_PORT + 2, vm: FIRST_PORT + 3 } as const;

/** Until somebody answers. */
async function listening(host: string, port: number, signal: AbortSignal): Promise<void> {
  for (const end = Date.now() + PATIENCE; ; await sleep(20)) {
    signal.throwIfAborted();
    const socket = connect(port, host);
    const answered = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (answered) return;
    if (Date.now() > end) throw new Error(`nothing answers at ${host}:${port}`);
  }
}

/** nginx on the machine itself. */
export async function native(context: Context): Promise<Place> {
  const site = makeSite(join(context.scratch, 'native'), `127.0.0.1:${PORTS.native}`);
  const [file = '', ...words] = serverWords(pathOf('nginx'), site);
  const child: ChildProcess = spawn(file, words, { stdio: ['ignore', 'ignore', 'inherit'], detached: true });
  const ended = once(child, 'exit');
  context.command('native', [file, ...words].join(' '));
  const close = async () => {
    child.kill('SIGTERM');
    await ended;
  };
  try {
    await listening('127.0.0.1', PORTS.native, context.signal);
    return { subject: 'native', url: `http://127.0.0.1:${PORTS.native}`, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function contained(
  context: Context,
  subject: string,
  listen: string,
  network: ContainerOptions['network'],
  reach: (box: Container) => Promise<{ host: string; port: number }>,
): Promise<Place> {
  const source = makeSite(join(context.scratch, subject.replaceAll(' ', '-')), listen);
  const box = await createContainer({
    rootfs: 'host',
    mounts: [{ source, target: INSIDE }],
    ...(network && { network }),
  });
  context.command(
    `container, ${subject}`,
    `createContainer({ rootfs: 'host', mounts: [{ source: '${source}', target: '${INSIDE}' }], network: ${JSON.stringify(network)} }).start(['nginx', '-p', '${INSIDE}', …])`,
  );
  try {
    await box.start(serverWords(pathOf('nginx'), INSIDE), { stdio: ['ignore', 'ignore', 'inherit'] });
    const { host, port } = await reach(box);
    await listening(host, port, context.signal);
    return { subject, url: `http://${host}:${port}`, close: () => box.remove() };
  } catch (error) {
    await box.remove();
    throw error;
  }
}

export const onBridge = (context: Context, network: Network): Promise<Place> =>
  contained(context, 'bridge', '80', { bridge: network.name }, async (box) => {
    const [address] = await box.ips({ timeout: 5000 });
    if (!address) throw new Error('the container has no address');
    return { host: address, port: 80 };
  });

export const publishedPort = (context: Context, network: Network): Promise<Place> =>
  contained(
    context,
    'published port',
    '80',
    { bridge: network.name, publish: [{ host: PORTS.published, container: 80 }] },
    async () => ({ host: '127.0.0.1', port: PORTS.published }),
  );

export const onHostNetwork = (context: Context): Promise<Place> =>
  contained(context, 'host network', `127.0.0.1:${PORTS.host}`, 'host', async () => ({
    host: '127.0.0.1',
    port: PORTS.host,
  }));

/** Half a minute for the server to answer; else what it said. */
const ANSWERS =
  'n=0; until wget -q -O /dev/null http://127.0.0.1/file-0; do n=$((n + 1)); [ $n -lt 30 ] || { cat /tmp/log; false; break; }; sleep 1; done';

/** Its way in is QEMU's own user network: no privileges and no bridge, as a person starts a VM at home. */
export async function virtualMachine(context: Context): Promise<Place> {
  const nginx = pathOf('nginx');
  const guest = await Guest.boot({
    directory: context.scratch,
    signal: context.signal,
    programs: [which('nginx') ?? nginx],
    modules: ['virtio_pci', 'virtio_net'],
    files: [
      { path: 'bench/nginx.conf', mode: 0o644, data: configuration('80') },
      ...FILES.map(({ bytes }) => ({
        path: `bench/www${urlPath(bytes)}`,
        mode: 0o644,
        data: Buffer.alloc(bytes, 'x'),
      })),
    ],
    setup: 'ip link set eth0 up; ip address add 10.0.2.15/24 dev eth0; ip route add default via 10.0.2.2',
    devices: ['-netdev', `user,id=net,hostfwd=tcp:127.0.0.1:${PORTS.vm}-:80`, '-device', 'virtio-net-pci,netdev=net'],
  });
  try {
    const words = serverWords(which('nginx') ?? nginx, INSIDE);
    context.command(`${guest.label}, in the guest`, words.join(' '));
    context.note(
      `${guest.label}: QEMU, machine pc, 1 CPU, virtio network card, reached by QEMU’s user network (hostfwd).`,
    );
    await guest.run(`${words.join(' ')} </dev/null >/tmp/log 2>&1 &`, PATIENCE);
    await guest.run(ANSWERS, PATIENCE);
    return { subject: guest.label, url: `http://127.0.0.1:${PORTS.vm}`, close: () => guest.stop() };
  } catch (error) {
    await guest.stop();
    throw error;
  }
}
