/** The addresses that a process's network namespace has, by proc(5): nothing of it is entered. */
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { formatAddress } from './subnet.ts';

/** In the trie of routes a local address is a leaf of its own, marked so. */
function addresses4(pid: number): string[] {
  const found = new Set<string>();
  let leaf = '';
  for (const line of readFileSync(`/proc/${pid}/net/fib_trie`, 'utf8').split('\n')) {
    const [, address] = /\|-- ([\d.]+)$/.exec(line) ?? [];
    if (address !== undefined) leaf = address;
    else if (line.trim() === '/32 host LOCAL' && !leaf.startsWith('127.')) found.add(leaf);
  }
  return [...found];
}

/** Flags of if_inet6(5). */
const TENTATIVE = 0x40;

function addresses6(pid: number): string[] {
  const path = `/proc/${pid}/net/if_inet6`;
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([address = '', , , scope = '', flags = '']) => {
      const isGlobal = address.length === 32 && Number.parseInt(scope, 16) === 0;
      return isGlobal && (Number.parseInt(flags, 16) & TENTATIVE) === 0;
    })
    .map(([address = '']) => formatAddress(Uint8Array.from(Buffer.from(address, 'hex'))));
}

const STEP = 20;

/** The addresses, as soon as there are any. @param pid gives the process, or throws when it is gone */
export async function addressesOf(
  pid: () => number,
  { timeout, signal }: { timeout: number; signal: AbortSignal | undefined },
): Promise<string[]> {
  for (const end = Date.now() + timeout; ; await sleep(STEP, undefined, { signal })) {
    signal?.throwIfAborted();
    const number = pid();
    const found = [...addresses4(number), ...addresses6(number)];
    if (found.length > 0 || Date.now() >= end) return found;
  }
}
