/** Ways from one socket to another. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { type Container, createContainer, type Network } from 'cofferdam';
import { ensureBusyboxRoot } from '../../rootfs.ts';
import type { Context } from '../../suite.ts';
import { PORT } from './program.ts';

const run = promisify(execFile);

/** A client that gets no answer is ended. */
const TIMEOUT = 60_000;

/** From somewhere to an address at which `traffic serve` answers. */
export interface Path {
  readonly name: string;
  /** What is on the way. */
  readonly about: string;
  readonly address: string;
  readonly port: number;
  /** Run a command where the client is; its standard output. */
  client(words: readonly string[]): Promise<string>;
  /** The same as somebody would type it. */
  line(words: readonly string[]): string;
}

export interface Paths {
  readonly paths: readonly Path[];
  /** Where the program is, in containers and outside. */
  close(): Promise<void>;
}

const IN_CONTAINER = '/traffic';
const NETWORK_ID = 4711;
const VXLAN_PORT = 4789;
/** Of the network in the tunnel. */
const TUNNEL = ['10.255.47.1', '10.255.47.2'] as const;

async function onHost(program: string, words: readonly string[]): Promise<string> {
  return (await run(program, words, { timeout: TIMEOUT })).stdout;
}

/** A server on the host, which says when it is ready. */
async function serve(program: string): Promise<ChildProcess> {
  const child = spawn(program, ['serve', '127.0.0.1', String(PORT)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  const failed = once(child, 'exit').then(([code]) => {
    throw new Error(`the server on the host ended with ${code}`);
  });
  failed.catch(() => {});
  await Promise.race([once(child.stdout, 'data'), failed]);
  return child;
}

/** In the container's network namespace, with the host's own ip(8). */
const inNetworkOf = (box: Container, ...words: string[]) =>
  run('nsenter', ['--target', String(box.pid), '--net', 'ip', ...words]);

async function tunnel(box: Container, own: string, remote: string, address: string): Promise<void> {
  const kind = ['vxlan', 'id', String(NETWORK_ID), 'local', own, 'remote', remote, 'dstport', String(VXLAN_PORT)];
  await inNetworkOf(box, 'link', 'add', 'tunnel', 'type', ...kind);
  await inNetworkOf(box, 'address', 'add', `${address}/24`, 'dev', 'tunnel');
  await inNetworkOf(box, 'link', 'set', 'tunnel', 'up');
}

async function addressOf(box: Container): Promise<string> {
  const [found] = await box.ips({ timeout: 5000 });
  if (!found) throw new Error('a container has no address');
  return found;
}

export async function makePaths(context: Context, network: Network, program: string): Promise<Paths> {
  const closing: (() => unknown)[] = [];
  const close = async () => {
    for (const each of closing.reverse()) await each();
  };
  try {
    const rootfs = { lower: await ensureBusyboxRoot() };
    const mounts = [{ source: program, target: IN_CONTAINER, readonly: true }];
    const published = 20_000 + (process.pid % 20_000);
    const boxed = async (publish: { host: number; container: number }[]) => {
      const box = await createContainer({ rootfs, mounts, network: { bridge: network.name, publish } });
      closing.push(() => box.remove());
      await box.start([IN_CONTAINER, 'serve', '0.0.0.0', String(PORT)], { stdio: 'ignore' });
      return { box, address: await addressOf(box) };
    };
    const first = await boxed([{ host: published, container: PORT }]);
    const second = await boxed([]);
    const server = await serve(program);
    closing.push(() => server.kill('SIGKILL'));

    const host = {
      client: (words: readonly string[]) => onHost(program, words),
      line: (words: readonly string[]) => `traffic ${words.join(' ')}`,
    };
    const inside = {
      async client(words: readonly string[]) {
        const { stdout, stderr, exitCode } = await second.box.exec([IN_CONTAINER, ...words], { timeout: TIMEOUT });
        if (exitCode !== 0) throw new Error(`traffic ended with ${exitCode}: ${stderr}`);
        return stdout;
      },
      line: (words: readonly string[]) => `container.exec(['traffic', '${words.join("', '")}'])`,
    };
    const paths: Path[] = [
      { name: 'loopback', about: 'both on the host', address: '127.0.0.1', port: PORT, ...host },
      { name: 'bridge', about: 'host to container: bridge and veth', address: first.address, port: PORT, ...host },
      {
        name: 'container to container',
        about: 'two veth pairs on one bridge',
        address: first.address,
        port: PORT,
        ...inside,
      },
      {
        name: 'NAT',
        about: 'a published port: destination translated, then bridge and veth',
        address: '127.0.0.1',
        port: published,
        ...host,
      },
    ];
    try {
      await tunnel(first.box, first.address, second.address, TUNNEL[0]);
      await tunnel(second.box, second.address, first.address, TUNNEL[1]);
      paths.push({
        name: 'VXLAN',
        about: 'container to container, in a tunnel through both veth pairs and the bridge',
        address: TUNNEL[0],
        port: PORT,
        ...inside,
      });
    } catch (error) {
      context.lacks('VXLAN', `this kernel makes no such link: ${(error as Error).message.split('\n').at(-2) ?? ''}`);
    }
    return { paths, close };
  } catch (error) {
    await close();
    throw error;
  }
}
