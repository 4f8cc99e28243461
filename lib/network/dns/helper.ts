/**
 * The program that answers a network's questions for names: one process for each network, started by the first program that
 * uses it and independent of all. It ends when the network is removed, or a moment after nobody is in it any longer.
 *
 * That there is only one is the kernel's word: an address and port can be bound once.
 */
import { readFileSync } from 'node:fs';
import { BlockList, isIP } from 'node:net';
import { setTimeout as after } from 'node:timers/promises';
import { peerGateways } from '../overlay.ts';
import { type NetworkRecord, readRecord } from '../record.ts';
import type { Resolver } from './forward.ts';
import { Members } from './members.ts';
import { forget, record as onRecord, wasKilled } from './process.ts';
import { Responder, type ResponderOptions } from './server.ts';

const PORT = 53;
/** How long a network without containers is waited for, milliseconds. */
const LINGER = 1000;
/** Listening is tried again as often, after as many milliseconds. */
const TRIES = 20;
const PAUSE = 50;

/** The host's resolvers, asked for again when the file changes: a laptop moves. */
function hostResolvers(): () => readonly Resolver[] {
  let text = '';
  let known: Resolver[] = [];
  return () => {
    let now = '';
    try {
      now = readFileSync('/etc/resolv.conf', 'utf8');
    } catch {
      // None: then nobody is asked.
    }
    if (now === text) return known;
    text = now;
    known = [...now.matchAll(/^nameserver\s+(\S+)/gm)]
      .map(([, address = '']) => ({ address: address.split('%')[0] as string }))
      .filter(({ address }) => isIP(address) !== 0)
      .slice(0, 3);
    return known;
  };
}

function subnetsOf(prefixes: readonly (string | undefined)[]): BlockList {
  const all = new BlockList();
  for (const prefix of prefixes) {
    const [address = '', length] = prefix?.split('/') ?? [];
    if (length !== undefined) all.addSubnet(address, Number(length), isIP(address) === 6 ? 'ipv6' : 'ipv4');
  }
  return all;
}

/** A responder that was killed has the port until the last of its threads has ended. */
async function listen(network: NetworkRecord, options: ResponderOptions): Promise<void> {
  for (let tries = TRIES; ; tries--) {
    try {
      await Responder.start(options);
      return;
    } catch (error) {
      if (tries === 0 || !wasKilled(network.name, network.created)) throw error;
      await after(PAUSE);
    }
  }
}

async function serve(name: string): Promise<void> {
  const network = readRecord(name);
  if (!network) return;
  const subnets = subnetsOf([network.subnet, network.subnet6]);
  const none: readonly Resolver[] = [];
  const peers = peerGateways(network).map((address) => ({ address }));
  const resolvers = hostResolvers();
  let lingering: NodeJS.Timeout | undefined;
  const end = () => {
    forget(name, network.created);
    process.exit(0);
  };
  const look = () => {
    if (readRecord(name)?.created !== network.created) end();
    clearTimeout(lingering);
    if (members.count === 0) lingering = setTimeout(end, LINGER);
  };
  const members = new Members(network, look);
  await listen(network, {
    addresses: [network.gateway, ...(network.gateway6 === undefined ? [] : [network.gateway6])],
    port: PORT,
    directory: () => members.directory,
    within: (address) => subnets.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4'),
    resolvers: network.internal ? () => none : resolvers,
    peers: () => peers,
  });
  onRecord(name, network.created);
  // Whoever started it has not leased yet.
  lingering = setTimeout(look, 10 * LINGER);
  process.stdout.write('ready\n');
}

// Whoever started it may be gone before it hears.
process.stdout.on('error', () => {});
for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => {});
try {
  await serve(process.argv[2] ?? '');
} catch (error) {
  process.stdout.write(`${(error as NodeJS.ErrnoException).code ?? (error as Error).message}\n`);
  process.exit(1);
}
