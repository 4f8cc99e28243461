/** Reads an encoded program with the rules of native/program/reader.cpp, so that the encoder can be held against them. */
import assert from 'node:assert/strict';
import {
  ACTORS,
  ARGUMENTS_PER_OPERATION,
  HEADER_SIZE,
  MAGIC,
  MAX_OPERATIONS,
  MAX_SLOTS,
  OPERATION_SIZE,
  OPERATIONS,
  VERSION,
} from '../../../lib/program/contract.ts';

export interface DecodedOperation {
  name: string;
  actor: string;
  tolerate: number;
  args: Record<string, bigint | number | string | Buffer | string[]>;
}

export interface DecodedProgram {
  flags: number;
  descriptors: number;
  slots: number;
  cloneFlags: bigint;
  /** Path and depth of the cgroup to be born in. */
  cgroup: { path: string; depth: number } | undefined;
  operations: DecodedOperation[];
}

const NO_SLOT = 0xffffffff;
const BY_CODE = new Map(Object.entries(OPERATIONS).map(([name, { code, args }]) => [code as number, { name, args }]));

export function decodeProgram(bytes: Buffer): DecodedProgram {
  assert.equal(bytes.readUInt32LE(0), MAGIC);
  assert.equal(bytes.readUInt16LE(4), VERSION);
  assert.equal(bytes.readUInt32LE(8), bytes.length, 'size');
  const count = bytes.readUInt32LE(12);
  const descriptors = bytes.readUInt32LE(16);
  const slots = bytes.readUInt32LE(20);
  assert.ok(count <= MAX_OPERATIONS && slots <= MAX_SLOTS && descriptors <= slots);
  assert.ok(
    bytes.subarray(44, HEADER_SIZE).every((byte) => byte === 0),
    'reserved words of the header',
  );
  const data = HEADER_SIZE + count * OPERATION_SIZE;
  assert.ok(data <= bytes.length);
  assert.equal(bytes[bytes.length - 1], 0, 'the last byte');

  const stringAt = (offset: number): string => {
    assert.ok(offset >= data && offset < bytes.length, 'a string lies in the data');
    return bytes.toString('utf8', offset, bytes.indexOf(0, offset));
  };
  const arrays = new Set<number>();
  const readers = {
    int: (at: number) => bytes.readBigUInt64LE(at),
    slot: (at: number) => {
      const slot = Number(bytes.readBigUInt64LE(at));
      assert.ok(slot === NO_SLOT || slot < slots, `slot ${slot}`);
      return slot === NO_SLOT ? -1 : slot;
    },
    string: (at: number) => {
      const [offset, length] = [bytes.readUInt32LE(at), bytes.readUInt32LE(at + 4)];
      assert.ok(offset + length < bytes.length && bytes[offset + length] === 0, 'a string ends with NUL');
      const text = stringAt(offset);
      assert.equal(Buffer.byteLength(text), length, 'length of a string');
      return text;
    },
    bytes: (at: number) => {
      const [offset, length] = [bytes.readUInt32LE(at), bytes.readUInt32LE(at + 4)];
      assert.ok(length === 0 || (offset >= data && offset + length <= bytes.length), 'bytes lie in the data');
      return bytes.subarray(offset, offset + length);
    },
    strings: (at: number) => {
      const [offset, length] = [bytes.readUInt32LE(at), bytes.readUInt32LE(at + 4)];
      assert.equal(offset % 8, 0, 'an array is aligned');
      assert.ok(offset >= data && offset + (length + 1) * 8 <= bytes.length, 'an array lies in the data');
      assert.ok(!arrays.has(offset), 'arrays are not shared: the reader rewrites them in place');
      arrays.add(offset);
      assert.equal(bytes.readBigUInt64LE(offset + length * 8), 0n, 'an array ends with 0');
      return Array.from({ length }, (_, i) => stringAt(Number(bytes.readBigUInt64LE(offset + i * 8))));
    },
  };

  const operations = Array.from({ length: count }, (_, index): DecodedOperation => {
    const start = HEADER_SIZE + index * OPERATION_SIZE;
    const shape = BY_CODE.get(bytes.readUInt16LE(start));
    assert.ok(shape, 'a known code');
    const actor = Object.entries(ACTORS).find(([, number]) => number === bytes[start + 2])?.[0];
    assert.ok(actor, 'a known actor');
    assert.equal(bytes.readUInt32LE(start + 4), 0, 'reserved word of an operation');
    const args = Object.fromEntries(shape.args.map(([name, kind], i) => [name, readers[kind](start + 8 + i * 8)]));
    for (let i = shape.args.length; i < ARGUMENTS_PER_OPERATION; i++)
      assert.equal(bytes.readBigUInt64LE(start + 8 + i * 8), 0n, 'an argument that is not there');
    return { name: shape.name, actor, tolerate: bytes[start + 3] as number, args };
  });
  return {
    flags: bytes.readUInt16LE(6),
    descriptors,
    slots,
    cloneFlags: bytes.readBigUInt64LE(24),
    cgroup: bytes.readUInt32LE(32)
      ? {
          path: bytes.toString('utf8', bytes.readUInt32LE(32), bytes.readUInt32LE(32) + bytes.readUInt32LE(36)),
          depth: bytes.readUInt32LE(40),
        }
      : undefined,
    operations,
  };
}
