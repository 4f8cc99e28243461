/** A virtual machine on the bridge as a place: this machine's Node runs the agent there, its nft(8) closes the port. */
import { once } from 'node:events';
import { accessSync, constants, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Unavailable } from '../../../scripts/guest/unavailable.js';
import { which } from '../../../scripts/setup/programs.js';
import { bundle } from '../../shared/bundle.ts';
import { Guest } from '../../shared/vm/guest.ts';
import { nftCommand } from './firewall.ts';
import {
  AGENT_FILE,
  attachScript,
  type Channel,
  devicesOf,
  HOSTS,
  lastAddress,
  MODULES,
  serveOn,
  setupOf,
  socketOf,
  type Wire,
} from './guest-machine.ts';
import { Agent, type Place } from './place.ts';

/** Most that a command in the guest may take, milliseconds: an emulated machine starts Node in seconds, not at once. */
const PATIENCE = 120_000;
const TUN = '/dev/net/tun';

/** What a guest needs, and the Debian package that has it. */
const PROGRAMS = {
  'qemu-system-x86_64': 'qemu-system-x86',
  busybox: 'busybox-static',
  ip: 'iproute2',
  nft: 'nftables',
  setpriv: 'util-linux',
} as const;

const failure = (message: string): Error => Object.assign(new Error(message), { code: 'ERR_LAB' });

/** @throws what is missing on this machine, with how to get it; code ERR_LAB */
export function requireGuest(find: (name: string) => string | undefined = which, tun = TUN): void {
  const missing = Object.entries(PROGRAMS).filter(([program]) => find(program) === undefined);
  if (missing.length > 0) {
    const [programs, packages] = [0, 1].map((part) => missing.map((each) => each[part]));
    throw failure(
      `--guest needs ${programs?.join(', ')}; get what is missing with: sudo apt-get install -y --no-install-recommends ${packages?.join(' ')}`,
    );
  }
  try {
    accessSync(tun, constants.R_OK | constants.W_OK);
  } catch {
    throw failure(
      `--guest needs ${tun}, by which QEMU joins the bridge; get it with: sudo modprobe tun (in a container: give it that device)`,
    );
  }
}

export interface GuestPlace extends Place, AsyncDisposable {
  address: string;
}

/** A virtual machine whose files are in a directory of its own. */
async function boot(wire: Wire, directory: string, signal: AbortSignal): Promise<Guest> {
  const [script, program] = [join(directory, 'attach'), join(directory, 'agent.cjs')];
  writeFileSync(script, attachScript(wire, which('ip') as string), { mode: 0o755 });
  await bundle(fileURLToPath(new URL('agent.ts', import.meta.url)), program);
  return Guest.boot({
    directory,
    signal,
    modules: MODULES,
    programs: [process.execPath, which('nft') as string],
    files: [
      { path: AGENT_FILE.slice(1), mode: 0o644, data: readFileSync(program) },
      { path: 'etc/hosts', mode: 0o644, data: HOSTS },
    ],
    setup: setupOf(wire),
    devices: devicesOf(directory, script),
  });
}

/** @throws when the machine does not boot or has no kernel for it; code ERR_LAB */
export async function guestPlace(wire: Wire, signal: AbortSignal): Promise<GuestPlace> {
  const directory = mkdtempSync(join(tmpdir(), 'cofferdam-lab-'));
  let guest: Guest | undefined;
  const end = async () => {
    await guest?.stop();
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    const machine = await boot(wire, directory, signal);
    guest = machine;
    const started = async (channel: Channel, words: readonly string[]): Promise<Socket> => {
      const socket = connect(socketOf(directory, channel));
      socket.on('error', () => {});
      await once(socket, 'connect');
      socket.write('go\n');
      await machine.run(serveOn(channel, words), PATIENCE);
      return socket;
    };
    const socket = await started('agent', [process.execPath, AGENT_FILE]);
    return {
      name: 'guest',
      address: lastAddress(wire.subnet),
      agent: new Agent(socket, socket, machine.label),
      async nft() {
        const channel = await started('nft', nftCommand(which('nft')));
        const ended = async () => {
          await machine.run('wait $!; true', PATIENCE);
          // Whole: of half an end QEMU hears only while a program in the guest reads.
          channel.destroy();
        };
        return { stdin: channel, stdout: channel, ended };
      },
      [Symbol.asyncDispose]: end,
    };
  } catch (error) {
    await end();
    signal.throwIfAborted();
    throw error instanceof Unavailable || (error instanceof Error && !('code' in error))
      ? failure(`the guest could not be started: ${error.message}`)
      : error;
  }
}
