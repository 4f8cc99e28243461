/**
 * Messages of rtnetlink(7), laid out here: the machine has one operation for all of them, and only fills in what is not
 * known before the launch, indices of interfaces and descriptors of namespaces. Numbers are in the machine's byte order,
 * which is little endian on all that this library runs on, where nothing else is said.
 */
import { FAMILY, IFLA, INFO, NLM } from './constants.ts';

/** netlink(7) aligns everything to this. */
const ALIGNMENT = 4;
const HEADER = 16;
/** A length of 16 bits (the class of CVE-2021-43784). */
const LONGEST = 0xfff0;

export const aligned = (size: number): number => (size + ALIGNMENT - 1) & ~(ALIGNMENT - 1);

/** A value of an attribute: a number is 32 bits, a string ends with NUL. */
export type AttributeValue = number | string | Uint8Array | readonly Attribute[];
export type Attribute = readonly [type: number, value: AttributeValue];

/** A number of some bytes, little endian. */
export function bytesOf(value: number | bigint, size: 1 | 2 | 4 | 8): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)));
  return bytes.subarray(0, size);
}

function payloadOf(value: AttributeValue): Uint8Array {
  if (typeof value === 'number') return bytesOf(value, 4);
  if (typeof value === 'string') return Buffer.from(`${value}\0`);
  if (value instanceof Uint8Array) return value;
  return attributes(value);
}

/** Attributes one after another; a list is one that nests. */
export function attributes(list: readonly Attribute[]): Uint8Array {
  return Buffer.concat(
    list.map(([type, value]) => {
      const payload = payloadOf(value);
      if (payload.length > LONGEST) throw new RangeError(`an attribute of ${payload.length} bytes`);
      const bytes = Buffer.alloc(aligned(4 + payload.length));
      bytes.writeUInt16LE(4 + payload.length, 0);
      bytes.writeUInt16LE(type, 2);
      bytes.set(payload, 4);
      return bytes;
    }),
  );
}

/** A request. Its sequence number, and whether it is acknowledged, are the sender's. */
export function message(type: number, flags: number, family: Uint8Array, list: readonly Attribute[] = []): Uint8Array {
  const body = Buffer.concat([family, Buffer.alloc(aligned(family.length) - family.length), attributes(list)]);
  const header = Buffer.alloc(HEADER);
  header.writeUInt32LE(HEADER + body.length, 0);
  header.writeUInt16LE(type, 4);
  header.writeUInt16LE(NLM.REQUEST | flags, 6);
  return Buffer.concat([header, body]);
}

/** struct ifinfomsg. */
export function linkHeader(flags = 0): Uint8Array {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt8(FAMILY.unspec, 0);
  bytes.writeUInt32LE(flags, 8);
  bytes.writeUInt32LE(flags, 12);
  return bytes;
}

/** IFLA_LINKINFO of a kind of interface. */
export const linkInfo = (kind: string, data: readonly Attribute[]): Attribute => [
  IFLA.LINKINFO,
  [
    [INFO.KIND, kind],
    [INFO.DATA, data],
  ],
];
