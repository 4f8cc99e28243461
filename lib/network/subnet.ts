/** Ranges of IP addresses: what is in them, what they share, and the address at a place. */
import { isIP } from 'node:net';
import { parseCidr } from './address.ts';

const numberOf = (bytes: Uint8Array): bigint => bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);

/** Bytes in network order as an address is written; the longest run of zeros of an IPv6 one is '::'. */
export function formatAddress(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.');
  const groups = Array.from({ length: 8 }, (_, i) => ((bytes[2 * i] as number) << 8) | (bytes[2 * i + 1] as number));
  let [start, length] = [-1, 1];
  for (let i = 0; i < 8; i++) {
    let end = i;
    while (end < 8 && groups[end] === 0) end++;
    if (end - i > length) [start, length] = [i, end - i];
  }
  const hex = (part: number[]) => part.map((group) => group.toString(16)).join(':');
  return start < 0 ? hex(groups) : `${hex(groups.slice(0, start))}::${hex(groups.slice(start + length))}`;
}

export class Subnet {
  readonly family: 4 | 6;
  /** Prefix length, bits. */
  readonly length: number;
  readonly #base: bigint;
  readonly #bits: number;

  private constructor(bits: number, address: bigint, length: number) {
    this.#bits = bits;
    this.family = bits === 32 ? 4 : 6;
    this.length = length;
    this.#base = (address >> BigInt(bits - length)) << BigInt(bits - length);
  }

  /** Undefined unless it is of the form '10.4.0.0/24'. Bits beyond the prefix count as 0. */
  static parse(text: string): Subnet | undefined {
    const parsed = text.includes('/') ? parseCidr(text) : undefined;
    return parsed && new Subnet(parsed.bytes.length * 8, numberOf(parsed.bytes), parsed.prefix);
  }

  /** How many addresses it has. */
  get size(): bigint {
    return 1n << BigInt(this.#bits - this.length);
  }

  /** The address `offset` places after its first. */
  bytesAt(offset: number | bigint): Uint8Array {
    let rest = this.#base + BigInt(offset);
    const bytes = new Uint8Array(this.#bits / 8);
    for (let i = bytes.length - 1; i >= 0; i--) {
      bytes[i] = Number(rest & 0xffn);
      rest >>= 8n;
    }
    return bytes;
  }

  at(offset: number | bigint): string {
    return formatAddress(this.bytesAt(offset));
  }

  /** How many places after its first an address is; undefined when it is not in it. */
  offsetOf(address: string): bigint | undefined {
    const parsed = isIP(address) === this.family ? parseCidr(address) : undefined;
    if (!parsed) return undefined;
    const offset = numberOf(parsed.bytes) - this.#base;
    return offset >= 0n && offset < this.size ? offset : undefined;
  }

  overlaps(other: Subnet): boolean {
    if (this.family !== other.family) return false;
    const [wide, narrow] = this.length <= other.length ? [this, other] : [other, this];
    return narrow.#base >= wide.#base && narrow.#base < wide.#base + wide.size;
  }

  toString(): string {
    return `${this.at(0)}/${this.length}`;
  }
}
