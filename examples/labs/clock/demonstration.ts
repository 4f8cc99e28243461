/**
 * Server and client in two containers, each with a network namespace of its own, on one network. Both containers have
 * the machine's monotonic clock, so that afterwards the true difference can be told, and held against the estimate.
 */
import { createInterface } from 'node:readline';
import { type Container, createContainer, createNetwork, type Network, type Process } from 'cofferdam';
import { type Cleanup, withCleanup } from '../../shared/cleanup.ts';
import { programCommand, programRoot } from '../../shared/node-in-container.ts';
import { requireRoot } from '../../shared/privileges.ts';
import type { Estimate } from './cristian.ts';
import { report, SLIP } from './report.ts';
import { formatDuration } from './time.ts';

const PROGRAM = 'examples/labs/clock.ts';
const SKEW = 3_700_000;
const PORTS = { server: 4444, relay: 4445 };

/** Each way of the relay, as its command line has it. */
const NETWORKS: readonly (readonly [title: string, relay: readonly string[] | undefined])[] = [
  [
    'through a relay that takes 40 ms there and 40 ms back: the way is longer, the bound wider, the estimate as good',
    ['--delay', '40ms'],
  ],
  [
    'through a relay that takes 60 ms there and 10 ms back: wrong by half of the difference, and still inside the bound',
    ['--delay', '60ms', '--back', '10ms'],
  ],
  ['directly', undefined],
];

/** Resolves with the first line that a process prints. */
async function firstLine({ stdout, stderr, exited }: Process): Promise<string> {
  if (!stdout) throw new Error('the standard output is no pipe');
  for await (const line of createInterface({ input: stdout })) return line;
  const said = await stderr?.toArray();
  throw new Error(`it ended with ${(await exited).exitCode}: ${said?.join('')}`);
}

async function container(network: Network, hostname: string): Promise<Container> {
  const box = await createContainer({ ...programRoot(), hostname, network: { bridge: network.name } });
  // Something that only waits; what the lab runs comes as further processes.
  await box.start(['sleep', 'infinity']);
  return box;
}

async function ask(client: Container, address: string, port: number): Promise<Estimate & { clockOffset: number }> {
  const command = programCommand(PROGRAM, 'client', 'demo', address, String(port), '--tries', '5', '--json');
  const { stdout, stderr, exitCode } = await client.exec(command, { timeout: 30_000 });
  if (exitCode !== 0) throw Object.assign(new Error(stderr.trim()), { code: 'ERR_LAB' });
  return JSON.parse(stdout);
}

/** What an estimate is held against: the difference of the two clocks, which here can be known. */
function verdict(found: Estimate & { clockOffset: number }, serverOffset: number): { text: string; inside: boolean } {
  const truth = serverOffset - found.clockOffset;
  const error = found.offset - truth;
  const inside = Math.abs(error) <= found.bound;
  const place = inside ? 'inside the bound' : 'OUTSIDE the bound';
  return {
    inside,
    text: `${formatDuration(truth, true)}: the estimate is wrong by ${formatDuration(error, true)}, ${place}`,
  };
}

/** Resolves with the exit status: 1 when a true offset lies outside of its bound. */
export async function demonstrate(print: (line: string) => void): Promise<number> {
  requireRoot('lab:clock');
  return withCleanup((cleanup) => compare(cleanup, print));
}

async function compare({ use }: Cleanup, print: (line: string) => void): Promise<number> {
  let status = 0;
  const network = use(await createNetwork({ name: `lab-clock-${process.pid % 10_000}` }));
  const server = use(await container(network, 'server'));
  const client = use(await container(network, 'client'));
  const [address = ''] = await server.ips();
  const serving = await server.spawn(
    programCommand(PROGRAM, 'server', '--host', '0.0.0.0', '--skew', `${SKEW}us`, '--json'),
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const { clockOffset } = JSON.parse(await firstLine(serving)) as { clockOffset: number };
  print(`server: in a container, ${address}:${PORTS.server}, its clock is set ${formatDuration(SKEW, true)} wrong`);
  print('client: in another container, of the same network; the best of 5 exchanges counts');
  print(SLIP);
  for (const [title, options] of NETWORKS) {
    print(`\n${title}`);
    const relay =
      options &&
      (await server.spawn(
        programCommand(PROGRAM, 'relay', '127.0.0.1', String(PORTS.server), '--host', '0.0.0.0', ...options),
        { stdio: ['ignore', 'pipe', 'pipe'] },
      ));
    if (relay) await firstLine(relay);
    const found = await ask(client, address, relay ? PORTS.relay : PORTS.server);
    relay?.kill('SIGKILL');
    await relay?.exited;
    const { text, inside } = verdict(found, clockOffset);
    if (!inside) status = 1;
    for (const line of report(found, text)) print(`  ${line}`);
  }
  return status;
}
