/**
 * Operations to bytes: the twin of native/program/reader.cpp, see layout.h for the layout.
 *
 * Every launch passes through here, so it works in one buffer that stays, writes numbers as pairs of 32 bits instead of
 * BigInts, and short strings character by character (a call into Node's C++ costs more than they do).
 */
import { createError } from '../errors.ts';
import {
  ACTORS,
  type ArgumentKind,
  HEADER_SIZE,
  MAGIC,
  MAX_OPERATIONS,
  OPERATION_SIZE,
  OPERATIONS,
  type OperationName,
  VERSION,
} from './contract.ts';
import type { Operation } from './operation.ts';
import { NO_SLOT } from './operation.ts';
import type { SlotTable } from './slots.ts';

export interface EncodeOptions {
  /** Bits of PROGRAM_FLAGS. Default 0. */
  flags?: number;
  /** For the launcher's clone3(2). Default 0. */
  cloneFlags?: number | bigint;
  /** A v2 cgroup that the launcher makes, with its last `depth` components, and clones into. Default none. */
  cgroup?: { path: string; depth: number } | undefined;
  /** The descriptors that the program names. Default: none at all, as in undo programs. */
  slots?: SlotTable;
}

const NO_SLOT_ON_WIRE = 0xffffffff;
const WORD = 2 ** 32;
/** References keep offset and length in one number: 32 bits and 21 bits. */
const LONGEST_STRING = 2 ** 21 - 1;
/** Beyond this many characters Node's own UTF-8 writer is quicker than a loop. */
const SHORT = 48;

type Value = number | bigint | string | Uint8Array | readonly string[] | undefined;
type Writer = (at: number, value: Value, operation: Operation, argument: string) => void;

let bytes = Buffer.from(new ArrayBuffer(32 * 1024));
let words = new Uint32Array(bytes.buffer);
let used = 0;
const interned = new Map<string, number>();

function grow(room: number): void {
  const needed = used + room;
  if (needed <= bytes.length) return;
  // A multiple of 8, as Uint32Array wants; at least doubled, so that growing stays rare.
  const larger = Buffer.from(new ArrayBuffer(Math.max(bytes.length * 2, (needed + 7) & ~7)));
  larger.set(bytes.subarray(0, used));
  bytes = larger;
  words = new Uint32Array(larger.buffer);
}

const refuse = (problem: string, hint: string): never => {
  throw createError('ERR_PROGRAM', { problem, hint });
};

/** Offset and length (times 2^32) of a string in the data. */
function reference(text: string, operation: Operation, argument: string): number {
  const known = interned.get(text);
  if (known !== undefined) return known;
  const length = text.length;
  if (length > LONGEST_STRING)
    refuse(`has a string of ${length} characters in ${operation.name}`, `the most is ${LONGEST_STRING}`);
  grow(length * 3 + 1);
  const start = used;
  let at = start;
  if (length <= SHORT) {
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code === 0) refuseNul(operation, argument);
      if (code > 0x7f) {
        at = start + bytes.write(text, start);
        break;
      }
      bytes[at++] = code;
    }
  } else at = start + bytes.write(text, start);
  if (at - start !== length || length > SHORT) {
    if (text.includes('\0')) refuseNul(operation, argument);
    if (at - start > LONGEST_STRING) refuse(`has a string of ${at - start} bytes in ${operation.name}`, '');
  }
  bytes[at] = 0;
  used = at + 1;
  const made = start + (at - start) * WORD;
  interned.set(text, made);
  return made;
}

function refuseNul(operation: Operation, argument: string): never {
  return refuse(`has a NUL byte in ${operation.name}'s ${argument}`, 'the kernel would read only what is before it');
}

function writeNumber(at: number, value: number | bigint): void {
  if (typeof value === 'number') {
    // Also right for negative numbers: >>> 0 is two's complement, and the floor carries the sign into the high word.
    words[at] = value >>> 0;
    words[at + 1] = Math.floor(value / WORD) >>> 0;
  } else {
    words[at] = Number(BigInt.asUintN(32, value));
    words[at + 1] = Number(BigInt.asUintN(32, value >> 32n));
  }
}

function writeStrings(list: readonly string[], operation: Operation, argument: string): number {
  const count = list.length;
  const start = (used + 7) & ~7;
  grow(start - used + (count + 1) * 8);
  bytes.fill(0, used, start);
  used = start + (count + 1) * 8;
  let at = start / 4;
  for (let i = 0; i < count; i++, at += 2) {
    const text = reference(list[i] as string, operation, argument);
    words[at] = text >>> 0;
    words[at + 1] = 0;
  }
  words[at] = 0;
  words[at + 1] = 0;
  return start;
}

/** How each kind of argument is written at word `at`. */
const WRITERS: Readonly<Record<ArgumentKind, Writer>> = {
  int(at, value, operation, argument) {
    const number = (value ?? 0) as number | bigint;
    if (typeof number === 'number' && !Number.isSafeInteger(number))
      refuse(`has ${number} as ${operation.name}'s ${argument}`, 'numbers are integers of at most 53 bits, or BigInts');
    writeNumber(at, number);
  },
  slot(at, value, operation, argument) {
    const slot = (value ?? NO_SLOT) as number;
    if (slot !== NO_SLOT && !(Number.isInteger(slot) && slot >= 0 && slot < slotCount))
      refuse(`names slot ${slot} as ${operation.name}'s ${argument}`, `it has ${slotCount} slots`);
    words[at] = slot === NO_SLOT ? NO_SLOT_ON_WIRE : slot;
    words[at + 1] = 0;
  },
  string(at, value, operation, argument) {
    const text = reference((value ?? '') as string, operation, argument);
    words[at] = text >>> 0;
    words[at + 1] = text / WORD;
  },
  bytes(at, value) {
    const data = value as Uint8Array | undefined;
    if (data === undefined || data.length === 0) {
      words[at] = 0;
      words[at + 1] = 0;
      return;
    }
    grow(data.length);
    bytes.set(data, used);
    words[at] = used;
    words[at + 1] = data.length;
    used += data.length;
  },
  strings(at, value, operation, argument) {
    const list = (value ?? []) as readonly string[];
    const start = writeStrings(list, operation, argument);
    words[at] = start;
    words[at + 1] = list.length;
  },
};

interface Shape {
  code: number;
  names: readonly string[];
  writers: readonly Writer[];
}

const SHAPES = Object.fromEntries(
  Object.entries(OPERATIONS).map(([name, { code, args }]): [string, Shape] => [
    name,
    { code, names: args.map(([argument]) => argument), writers: args.map(([, kind]) => WRITERS[kind]) },
  ]),
) as Readonly<Record<OperationName, Shape>>;

let slotCount = 0;

/**
 * A launch program (or an undo program) as bytes, in a buffer of its own.
 * @throws {CofferdamError} ERR_PROGRAM: too many operations, a NUL byte in a string, a number or slot that cannot be.
 */
export function encode(operations: readonly Operation[], options: EncodeOptions = {}): Buffer {
  const count = operations.length;
  if (count > MAX_OPERATIONS)
    refuse(`has ${count} operations`, `the most is ${MAX_OPERATIONS}: give fewer mounts, layers or limits`);
  const { flags = 0, cloneFlags = 0, cgroup, slots } = options;
  slotCount = slots?.size ?? 0;
  interned.clear();
  used = 0;
  grow(HEADER_SIZE + count * OPERATION_SIZE);
  used = HEADER_SIZE + count * OPERATION_SIZE;
  words.fill(0, 0, used / 4);

  for (let i = 0; i < count; i++) {
    const operation = operations[i] as Operation;
    const shape = SHAPES[operation.name];
    const start = HEADER_SIZE + i * OPERATION_SIZE;
    bytes[start] = shape.code;
    bytes[start + 1] = shape.code >> 8;
    bytes[start + 2] = ACTORS[operation.actor];
    bytes[start + 3] = operation.tolerate;
    const args = operation.args as Readonly<Record<string, Value>>;
    let at = start / 4 + 2;
    for (let k = 0; k < shape.names.length; k++, at += 2) {
      const name = shape.names[k] as string;
      (shape.writers[k] as Writer)(at, args[name], operation, name);
    }
  }

  const cgroupPath = cgroup ? reference(cgroup.path, operations[0] as Operation, 'path') : 0;

  // The reader wants a NUL at the very end, so that no string can run beyond it.
  grow(1);
  bytes[used++] = 0;

  words[0] = MAGIC;
  bytes.writeUInt16LE(VERSION, 4);
  bytes.writeUInt16LE(flags, 6);
  words[2] = used;
  words[3] = count;
  words[4] = slots?.descriptors ?? 0;
  words[5] = slotCount;
  writeNumber(6, cloneFlags);
  words[8] = cgroupPath >>> 0;
  words[9] = cgroupPath / WORD;
  words[10] = cgroup?.depth ?? 0;

  const program = Buffer.allocUnsafeSlow(used);
  program.set(bytes.subarray(0, used));
  return program;
}
