/** A host beside this one, as a network namespace with a cable: for tests of what can be reached from where. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, readlinkSync } from 'node:fs';
import type { Container } from 'cofferdam';
import { execa } from 'execa';
import { eventually } from './program.ts';

/** This machine's address on the cable, and the other's (RFC 5737). */
export const HOST = '198.51.100.1';
export const OUTSIDE = '198.51.100.2';

let networks = 0;
/** A network's name that no other test file has. */
export const freshNetwork = (): string => `cft${process.pid % 100_000}${String.fromCharCode(97 + networks++)}`;

/** A server in busybox that says to whoever connects who is connected: 'tcp … 10.0.0.2:80 10.0.0.1:4711 ESTABLISHED'. */
export const servePeer = (port: number): string[] => [
  'busybox',
  'nc',
  '-ll',
  '-p',
  String(port),
  '-e',
  'busybox',
  'netstat',
  '-tn',
];

/** A server of datagrams that says to whoever sends one who that is. Needs Node, which the host's root has. */
export const serveDatagrams = (port: number): string[] => [
  process.execPath,
  '-e',
  `const s = require('dgram').createSocket('udp4'); s.on('message', (_, peer) => s.send('peer ' + peer.address, peer.port, peer.address)); s.bind(${port});`,
];

const askDatagrams = (address: string, port: number): string[] => [
  process.execPath,
  '-e',
  `const s = require('dgram').createSocket('udp4'); s.on('message', (text) => { console.log(String(text)); process.exit(); });
   s.on('error', () => process.exit()); s.connect(${port}, '${address}', () => { for (let i = 0; i < 8; i++) setTimeout(() => s.send('who', () => {}), i * 250); });
   setTimeout(() => process.exit(), 2500);`,
];

/** Words that say hello to whoever connects, and go on listening. */
export const serveText = (port: number, text: string): string[] => [
  ...['busybox', 'nc', '-ll', '-p', String(port)],
  ...['-e', 'echo', text],
];

/** By /proc/PID/net, which is of the namespace of a process: 0A is a stream's TCP_LISTEN, 07 a datagram socket without a peer. */
const isServed = (pid: number, port: number): boolean => {
  const line = new RegExp(`:${port.toString(16).toUpperCase().padStart(4, '0')} [0-9A-F]+:0000 0[A7] `);
  return ['tcp', 'tcp6', 'udp', 'udp6'].some((protocol) => {
    const path = `/proc/${pid}/net/${protocol}`;
    return existsSync(path) && line.test(readFileSync(path, 'utf8'));
  });
};

async function served(pid: number, port: number): Promise<void> {
  if (!(await eventually(() => isServed(pid, port), 30_000))) throw new Error(`nobody listens on port ${port}`);
}

/** Start a server in a container: that its program runs does not mean that it listens yet. */
export async function serve(container: Container, command: readonly string[], port: number): Promise<void> {
  await container.start(command);
  await served(container.pid as number, port);
}

export interface Running {
  end(): Promise<void>;
}

/** Programs in a network namespace. */
class Inside {
  readonly #pid: number;
  constructor(pid: number) {
    this.#pid = pid;
  }
  protected command(args: readonly string[]): [string, string[]] {
    return ['nsenter', ['-t', String(this.#pid), '-n', ...args]];
  }
  async run(args: readonly string[]): Promise<void> {
    await execa(...this.command(args));
  }
  /** What a server answers; '' when it cannot be reached. @param patience seconds: the less where nothing should come */
  async ask(address: string, port: number, patience = 5): Promise<string> {
    const args = ['busybox', 'nc', '-w', String(patience), address, String(port)];
    return (await execa(...this.command(args), { reject: false, stdin: 'ignore' })).stdout;
  }
  async askDatagram(address: string, port: number): Promise<string> {
    return (await execa(...this.command(askDatagrams(address, port)), { reject: false, stdin: 'ignore' })).stdout;
  }
  /** Make what is sent to 127.0.0.1 go out to a neighbour, as an attacker would. */
  async towardsLoopback(neighbour: string): Promise<void> {
    await this.run(['sh', '-c', 'echo 1 > /proc/sys/net/ipv4/conf/all/route_localnet']);
    await this.run(['ip', 'link', 'set', 'lo', 'down']);
    await this.run(['ip', 'route', 'add', '127.0.0.1', 'via', neighbour]);
  }
}

export interface OutsideHost extends Inside {
  /** A server that runs until `end()`, and listens already. */
  serve(args: readonly string[], port: number): Promise<Running>;
  inside(pid: number): Inside;
  addIPv6(): Promise<void>;
  end(): Promise<void>;
}

const CABLE = 'cfoutside';

class Outside extends Inside implements OutsideHost {
  readonly #holder: ChildProcess;
  constructor(holder: ChildProcess) {
    super(holder.pid as number);
    this.#holder = holder;
  }
  inside(pid: number): Inside {
    return new Inside(pid);
  }
  async serve(args: readonly string[], port: number): Promise<Running> {
    const [file, rest] = this.command(args);
    // A group of its own: servers fork.
    const child = spawn(file, rest, { stdio: 'ignore', detached: true });
    await served(this.#holder.pid as number, port);
    return {
      end: async () => {
        process.kill(-(child.pid as number), 'SIGKILL');
        if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      },
    };
  }
  async addIPv6(): Promise<void> {
    await execa('ip', ['addr', 'add', 'fd00:98::1/64', 'dev', CABLE, 'nodad']);
    await this.run(['ip', 'addr', 'add', 'fd00:98::2/64', 'dev', 'cable', 'nodad']);
    await this.run(['ip', 'route', 'add', 'default', 'via', 'fd00:98::1']);
  }
  async end(): Promise<void> {
    this.#holder.kill('SIGKILL');
    await execa('ip', ['link', 'del', CABLE], { reject: false });
  }
}

export async function outsideHost(): Promise<OutsideHost> {
  const holder = spawn('unshare', ['-n', 'sleep', '600'], { stdio: 'ignore' });
  const own = readlinkSync('/proc/self/ns/net');
  if (!(await eventually(() => readlinkSync(`/proc/${holder.pid}/ns/net`) !== own)))
    throw new Error('unshare(1) made no namespace');
  const outside = new Outside(holder);
  await execa('ip', ['link', 'add', CABLE, 'type', 'veth', 'peer', 'name', 'cable', 'netns', String(holder.pid)]);
  await execa('ip', ['addr', 'add', `${HOST}/24`, 'dev', CABLE]);
  await execa('ip', ['link', 'set', CABLE, 'up']);
  await outside.run(['ip', 'link', 'set', 'lo', 'up']);
  await outside.run(['ip', 'addr', 'add', `${OUTSIDE}/24`, 'dev', 'cable']);
  await outside.run(['ip', 'link', 'set', 'cable', 'up']);
  await outside.run(['ip', 'route', 'add', 'default', 'via', HOST]);
  return outside;
}
