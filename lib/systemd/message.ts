/**
 * Messages of D-Bus, as far as a few calls of systemd need them; see the D-Bus specification, "Message Protocol". There is a
 * library for the whole of it; what is needed here is a hundred lines, and would be its smallest part.
 */

/** What a body is made of: a type code of the specification's, with the value of that type. */
export type Value =
  | { type: 's' | 'o'; value: string }
  | { type: 'b'; value: boolean }
  | { type: 'u'; value: number }
  | { type: 't'; value: bigint }
  | { type: 'au'; value: readonly number[] }
  /** An array of (name, variant), which is how systemd takes a unit's properties. */
  | { type: 'a(sv)'; value: readonly (readonly [string, Value])[] }
  /** Auxiliary units: there are none. */
  | { type: 'a(sa(sv))'; value: readonly never[] };

export const MESSAGE = { METHOD_CALL: 1, METHOD_RETURN: 2, ERROR: 3, SIGNAL: 4 } as const;
/** Header fields by their codes, and the types of their values. */
const FIELDS = {
  path: [1, 'o'],
  interface: [2, 's'],
  member: [3, 's'],
  destination: [6, 's'],
  signature: [8, 'g'],
} as const;
const ERROR_NAME = 4;
const REPLY_SERIAL = 5;

export interface Call {
  destination: string;
  path: string;
  interface: string;
  member: string;
  body: readonly Value[];
}

/** A message that came. Of its body only the strings and numbers at its beginning are understood, which is what replies are. */
export interface Message {
  type: number;
  serial: number;
  replyTo: number | undefined;
  member: string | undefined;
  error: string | undefined;
  body: (string | number)[];
}

/** Grows; everything is aligned to its own size, counted from the message's begin. */
class Writer {
  #bytes: number[] = [];

  get size(): number {
    return this.#bytes.length;
  }

  align(size: number): void {
    while (this.#bytes.length % size !== 0) this.#bytes.push(0);
  }

  byte(value: number): void {
    this.#bytes.push(value);
  }

  uint32(value: number): void {
    this.align(4);
    this.#bytes.push(value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24);
  }

  uint64(value: bigint): void {
    this.align(8);
    this.uint32(Number(value & 0xffff_ffffn));
    this.uint32(Number(value >> 32n));
  }

  string(value: string): void {
    const bytes = Buffer.from(value);
    this.uint32(bytes.length);
    this.#bytes.push(...bytes, 0);
  }

  /** A signature's length is one byte. */
  signature(value: string): void {
    this.#bytes.push(value.length, ...Buffer.from(value), 0);
  }

  /** Its length does not count the padding before the first element. */
  array(alignment: number, elements: () => void): void {
    this.uint32(0);
    const at = this.size - 4;
    this.align(alignment);
    const begin = this.size;
    elements();
    const length = this.size - begin;
    for (let byte = 0; byte < 4; byte++) this.#bytes[at + byte] = (length >>> (8 * byte)) & 0xff;
  }

  value(each: Value): void {
    if (each.type === 's' || each.type === 'o') this.string(each.value);
    else if (each.type === 'b') this.uint32(each.value ? 1 : 0);
    else if (each.type === 'u') this.uint32(each.value);
    else if (each.type === 't') this.uint64(each.value);
    else if (each.type === 'au') this.array(4, () => each.value.forEach((number) => void this.uint32(number)));
    else if (each.type === 'a(sv)')
      this.array(8, () => each.value.forEach((property) => void this.#property(property)));
    else this.array(8, () => {});
  }

  #property([name, variant]: readonly [string, Value]): void {
    this.align(8);
    this.string(name);
    this.signature(variant.type);
    this.value(variant);
  }

  bytes(): Buffer {
    return Buffer.from(this.#bytes);
  }
}

const LITTLE = 'l'.charCodeAt(0);
const VERSION = 1;

export function encodeCall(call: Call, serial: number): Buffer {
  const body = new Writer();
  for (const each of call.body) body.value(each);
  const header = new Writer();
  for (const byte of [LITTLE, MESSAGE.METHOD_CALL, 0, VERSION]) header.byte(byte);
  header.uint32(body.size);
  header.uint32(serial);
  const values = { ...call, signature: call.body.map(({ type }) => type).join('') };
  header.array(8, () => {
    for (const [name, [code, type]] of Object.entries(FIELDS)) {
      const value = values[name as keyof typeof FIELDS];
      if (value === '') continue;
      header.align(8);
      header.byte(code);
      header.signature(type);
      if (type === 'g') header.signature(value);
      else header.string(value);
    }
  });
  header.align(8);
  return Buffer.concat([header.bytes(), body.bytes()]);
}

/** Reads what `Writer` writes, in either order of bytes. */
class Reader {
  readonly #bytes: Buffer;
  readonly #little: boolean;
  at: number;

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes;
    this.#little = bytes[0] === LITTLE;
    this.at = at;
  }

  align(size: number): void {
    this.at = Math.ceil(this.at / size) * size;
  }

  uint32(): number {
    this.align(4);
    const value = this.#little ? this.#bytes.readUInt32LE(this.at) : this.#bytes.readUInt32BE(this.at);
    this.at += 4;
    return value;
  }

  #text(length: number): string {
    const text = this.#bytes.toString('utf8', this.at, this.at + length);
    this.at += length + 1;
    return text;
  }

  string(): string {
    return this.#text(this.uint32());
  }

  signature(): string {
    return this.#text(this.#bytes.readUInt8(this.at++));
  }

  /** Undefined for a type that is not understood. */
  value(type: string): string | number | undefined {
    if (type === 's' || type === 'o') return this.string();
    if (type === 'g') return this.signature();
    if (type === 'u') return this.uint32();
    return undefined;
  }
}

/** Before the fields: order, type, flags, version, the body's length, serial, and the fields' length. */
const FIXED = 16;
/** The specification's own limit. */
export const LARGEST = 2 ** 27;

/** How long the message is that begins here; undefined as long as that cannot be told. */
export function messageLength(bytes: Buffer): number | undefined {
  if (bytes.length < FIXED) return undefined;
  const body = new Reader(bytes, 4).uint32();
  const fields = new Reader(bytes, 12).uint32();
  return Math.ceil((FIXED + fields) / 8) * 8 + body;
}

/** @throws {RangeError} for what is cut short */
export function decodeMessage(bytes: Buffer): Message {
  const bodyLength = new Reader(bytes, 4).uint32();
  const serial = new Reader(bytes, 8).uint32();
  const reader = new Reader(bytes, 12);
  const end = FIXED + reader.uint32();
  const fields = new Map<number, string | number>();
  while (reader.at < end) {
    reader.align(8);
    const code = bytes.readUInt8(reader.at++);
    const value = reader.value(reader.signature());
    // A type that no field has had so far: what comes after it cannot be found.
    if (value === undefined) break;
    fields.set(code, value);
  }
  const body: (string | number)[] = [];
  reader.at = bytes.length - bodyLength;
  for (const type of String(fields.get(FIELDS.signature[0]) ?? '')) {
    const value = reader.value(type);
    if (value === undefined) break;
    body.push(value);
  }
  const text = (code: number) => fields.get(code) as string | undefined;
  return {
    type: bytes.readUInt8(1),
    serial,
    replyTo: fields.get(REPLY_SERIAL) as number | undefined,
    member: text(FIELDS.member[0]),
    error: text(ERROR_NAME),
    body,
  };
}
