/**
 * A rule that drops what goes to the server's port, on the server's machine. The table belongs to a process of nft(8)
 * (`flags owner`): when that ends, for whatever reason, the kernel takes the table away.
 */
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

const TABLE = `cofferdam-lab-echo-${process.pid}`;

/** nft(8) as `nftCommand()` starts it: reads commands, and echoes each that was done. */
export interface Nft {
  stdin: Writable;
  stdout: Readable;
  /** Waits for its end, when it has been told to quit. */
  ended(): Promise<unknown>;
}

/** What it refuses it says on its standard error, and goes on: so both come by one way. @param program its path or name */
export const nftCommand = (program = 'nft'): readonly [string, ...string[]] => [
  'sh',
  '-c',
  'exec "$0" -i -e 2>&1',
  program,
];

const commands = (port: number): readonly string[] => [
  `add table inet ${TABLE} { flags owner; }`,
  `add chain inet ${TABLE} input { type filter hook input priority -10; }`,
  `add rule inet ${TABLE} input tcp dport ${port} drop`,
];

/** What it was told goes before it, in places; what has not this word (a terminal that it does not know) refuses nothing. */
const REFUSED = /\bError: /;

/** Resolves when the rule holds, with what takes it away. @throws what nft says when it refuses; code ERR_LAB */
export async function closeFirewall({ stdin, stdout, ended }: Nft, port: number): Promise<() => Promise<void>> {
  stdin.on('error', () => {});
  for (const command of commands(port)) stdin.write(`${command}\n`);
  const open = async () => {
    // Not the end of its input: where that is a channel for both directions, what it has yet to say would hold it up.
    stdin.write('quit\n');
    stdout.resume();
    await ended();
  };
  let said = 'it ended without a word';
  for await (const line of createInterface({ input: stdout })) {
    if (line.startsWith('add rule')) return open;
    said = line;
    if (REFUSED.test(line)) break;
  }
  await open();
  throw Object.assign(new Error(`nft did not take the rule that closes port ${port}: ${said}`), { code: 'ERR_LAB' });
}
