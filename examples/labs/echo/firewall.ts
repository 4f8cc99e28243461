/**
 * A rule that drops what goes to the server's port, on the server's machine. The table belongs to a process of nft(8)
 * (`flags owner`): when that ends, for whatever reason, the kernel takes the table away.
 */
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

const TABLE = `cofferdam-lab-echo-${process.pid}`;

/** nft(8) with `-i -e`: reads commands, and echoes each that was done. */
export interface Nft {
  stdin: Writable;
  stdout: Readable;
  exited: Promise<unknown>;
}

const commands = (port: number): readonly string[] => [
  `add table inet ${TABLE} { flags owner; }`,
  `add chain inet ${TABLE} input { type filter hook input priority -10; }`,
  `add rule inet ${TABLE} input tcp dport ${port} drop`,
];

/** Resolves when the rule holds, with what takes it away. */
export async function closeFirewall({ stdin, stdout, exited }: Nft, port: number): Promise<() => Promise<void>> {
  stdin.on('error', () => {});
  for (const command of commands(port)) stdin.write(`${command}\n`);
  const open = async () => {
    stdin.end();
    stdout.resume();
    await exited;
  };
  for await (const line of createInterface({ input: stdout })) if (line.startsWith('add rule')) return open;
  throw Object.assign(new Error('nft did not take the rule; see above'), { code: 'ERR_LAB' });
}
