/** Addresses of a container, from the host's /proc: nothing of the container is asked. */
import { readFileSync } from 'node:fs';

const read = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // It has just ended.
    return '';
  }
};

/** fib_trie has each local address as a leaf, in both of its tables. */
export function ipv4In(text: string): string[] {
  const found = new Set<string>();
  let leaf = '';
  for (const line of text.split('\n')) {
    leaf = /^\s*\|-- (\S+)/.exec(line)?.[1] ?? leaf;
    if (/^\s*\/32 host LOCAL/.test(line) && !leaf.startsWith('127.')) found.add(leaf);
  }
  return [...found];
}

/** if_inet6: 32 digits, index, prefix, scope, flags, name. Scope 00 is the whole world's. */
export function ipv6In(text: string): string[] {
  return text.split('\n').flatMap((line) => {
    const [digits = '', , , scope] = line.trim().split(/\s+/);
    if (scope !== '00') return [];
    // The URL standard's short form is that of RFC 5952.
    return [new URL(`http://[${digits.match(/.{4}/g)?.join(':')}]/`).hostname.slice(1, -1)];
  });
}

/** Without loopback and link-local ones. */
export const addressesOf = (pid: number): { ipv4: string[]; ipv6: string[] } => ({
  ipv4: ipv4In(read(`/proc/${pid}/net/fib_trie`)),
  ipv6: ipv6In(read(`/proc/${pid}/net/if_inet6`)),
});

/** Names of the interfaces, without loopback: dev has two lines of headings. */
export const interfacesOf = (pid: number): string[] =>
  read(`/proc/${pid}/net/dev`)
    .split('\n')
    .slice(2)
    .map((line) => line.split(':')[0]?.trim() ?? '')
    .filter((name) => name !== '' && name !== 'lo');
