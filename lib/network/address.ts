/** IP addresses with a prefix length, as bytes. */
import { isIP } from 'node:net';

/** An address as the kernel takes it: 4 or 16 bytes in network order. */
export interface Address {
  bytes: Uint8Array;
  /** Prefix length, bits. */
  prefix: number;
}

function bytesOfIPv4(text: string): number[] {
  return text.split('.').map(Number);
}

function bytesOfIPv6(text: string): number[] {
  const [head = '', tail] = text.split('::');
  const groups = (part: string): number[] =>
    part === ''
      ? []
      : part.split(':').flatMap((group) => {
          if (group.includes('.')) return bytesOfIPv4(group);
          const value = Number.parseInt(group, 16);
          return [value >> 8, value & 0xff];
        });
  const front = groups(head);
  if (tail === undefined) return front;
  const back = groups(tail);
  return [...front, ...new Array<number>(16 - front.length - back.length).fill(0), ...back];
}

/** '10.0.0.1' or 'fd00::1' as bytes; undefined for anything else. */
export function parseAddress(text: string): Uint8Array | undefined {
  const family = isIP(text);
  if (family === 0 || text.includes('%')) return undefined;
  return Uint8Array.from(family === 4 ? bytesOfIPv4(text) : bytesOfIPv6(text));
}

/** '10.0.0.1/24'; without a prefix the whole address (32 or 128). Undefined for anything else. */
export function parseCidr(text: string): Address | undefined {
  const [address = '', prefix, ...rest] = text.split('/');
  const bytes = parseAddress(address);
  if (!bytes || rest.length > 0) return undefined;
  const most = bytes.length * 8;
  if (prefix === undefined) return { bytes, prefix: most };
  if (!/^\d{1,3}$/.test(prefix) || Number(prefix) > most) return undefined;
  return { bytes, prefix: Number(prefix) };
}
