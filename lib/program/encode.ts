/**
 * Operations to bytes: the twin of native/program/reader.cpp, see layout.h for the layout. In two steps, so that launches
 * of one kind share the first: a `Template` is the program without the names that each launch makes up, and without what
 * each launch executes; `fill()` copies it and writes these in.
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
import { type LaunchNames, MARKS, named, splitAtMarks } from './names.ts';
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
  /** The v2 cgroup that the launcher makes, with its last `depth` components, for the monitor. Default none. */
  monitorCgroup?: { path: string; depth: number } | undefined;
  /** The descriptors that the program names. Default: none at all, as in undo programs. */
  slots?: SlotTable;
}

const NO_SLOT_ON_WIRE = 0xffffffff;
const WORD = 2 ** 32;
/** References keep offset and length in one number: 32 bits and 21 bits. */
const LONGEST_STRING = 2 ** 21 - 1;
/** Beyond this many characters Node's own UTF-8 writer is quicker than a loop. */
const SHORT = 48;

/** A string that each launch has another one for. */
interface Marked {
  /** The word of its reference. */
  at: number;
  parts: readonly string[];
  /** For messages. */
  operation: Operation;
  /** Bytes: one a character, and none at the end. */
  raw?: boolean;
}

type Value = number | bigint | string | Uint8Array | readonly string[] | undefined;
type Writer = (at: number, value: Value, operation: Operation, argument: string) => void;

let bytes = Buffer.from(new ArrayBuffer(32 * 1024));
let words = new Uint32Array(bytes.buffer);
let used = 0;
const interned = new Map<string, number>();
/** Strings with marks in the template that is being made: where their references are, and their parts. */
let marked: Marked[] = [];

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

/** A string's reference at word `at`: now, or for each launch anew when there are marks in it. */
function writeString(at: number, text: string, operation: Operation, argument: string): void {
  const parts = splitAtMarks(text);
  if (parts) {
    marked.push({ at, parts, operation });
    return;
  }
  const made = reference(text, operation, argument);
  words[at] = made >>> 0;
  words[at + 1] = made / WORD;
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
    writeString(at, (value ?? '') as string, operation, argument);
  },
  bytes(at, value, operation) {
    const parts = typeof value === 'string' ? splitAtMarks(value) : undefined;
    if (parts) {
      marked.push({ at, parts, operation, raw: true });
      return;
    }
    const data = typeof value === 'string' ? Buffer.from(value, 'latin1') : (value as Uint8Array | undefined);
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

function begin(size: number): void {
  interned.clear();
  used = 0;
  grow(size);
  used = size;
}

function writeOperation(operation: Operation, index: number): void {
  const { code, names, writers } = SHAPES[operation.name];
  const start = HEADER_SIZE + index * OPERATION_SIZE;
  bytes[start] = code;
  bytes[start + 1] = code >> 8;
  bytes[start + 2] = ACTORS[operation.actor];
  bytes[start + 3] = operation.tolerate;
  const args = operation.args as Readonly<Record<string, Value>>;
  let at = start / 4 + 2;
  for (let k = 0; k < names.length; k++, at += 2) {
    const name = names[k] as string;
    (writers[k] as Writer)(at, args[name], operation, name);
  }
}

/** A launch program (or an undo program) but for the names and the last operation of each launch. */
export class Template {
  readonly #bytes: Buffer;
  readonly #marked: readonly Marked[];
  readonly #slots: number;
  /** Operations in it. */
  readonly #count: number;

  /**
   * @param open leave room for an operation that `fill()` gives
   * @throws {CofferdamError} ERR_PROGRAM: too many operations, a NUL byte in a string, a number or slot that cannot be.
   */
  constructor(operations: readonly Operation[], options: EncodeOptions = {}, open = false) {
    const count = operations.length + (open ? 1 : 0);
    if (count > MAX_OPERATIONS)
      refuse(`has ${count} operations`, `the most is ${MAX_OPERATIONS}: give fewer mounts, layers or limits`);
    const { flags = 0, cloneFlags = 0, cgroup, monitorCgroup, slots } = options;
    slotCount = slots?.size ?? 0;
    begin(HEADER_SIZE + count * OPERATION_SIZE);
    marked = [];
    words.fill(0, 0, used / 4);
    for (let i = 0; i < operations.length; i++) writeOperation(operations[i] as Operation, i);

    words[0] = MAGIC;
    bytes.writeUInt16LE(VERSION, 4);
    bytes.writeUInt16LE(flags, 6);
    words[3] = count;
    words[4] = slots?.descriptors ?? 0;
    words[5] = slotCount;
    writeNumber(6, cloneFlags);
    if (cgroup) writeString(8, cgroup.path, operations[0] as Operation, 'path');
    words[10] = cgroup?.depth ?? 0;
    if (monitorCgroup) writeString(11, monitorCgroup.path, operations[0] as Operation, 'path');
    words[13] = monitorCgroup?.depth ?? 0;

    this.#bytes = Buffer.from(bytes.subarray(0, used));
    this.#marked = marked;
    this.#slots = slotCount;
    this.#count = operations.length;
  }

  /** Bytes of it, about those of the programs that it makes. */
  get size(): number {
    return this.#bytes.length;
  }

  /**
   * The program of one launch, in a buffer of its own.
   * @param last the operation that the template is open for
   * @throws {CofferdamError} ERR_PROGRAM as the constructor
   */
  fill(names: LaunchNames = MARKS, last?: Operation): Buffer {
    begin(this.#bytes.length);
    bytes.set(this.#bytes);
    slotCount = this.#slots;
    for (const { at, parts, operation, raw } of this.#marked) {
      if (raw) {
        WRITERS.bytes(at, named(parts, names), operation, 'data');
        continue;
      }
      const text = reference(named(parts, names), operation, 'name');
      words[at] = text >>> 0;
      words[at + 1] = text / WORD;
    }
    if (last) writeOperation(last, this.#count);
    // The reader wants a NUL at the very end, so that no string can run beyond it.
    grow(1);
    bytes[used++] = 0;
    words[2] = used;
    const program = Buffer.allocUnsafeSlow(used);
    program.set(bytes.subarray(0, used));
    return program;
  }
}

/** A program as bytes, in a buffer of its own. @throws {CofferdamError} ERR_PROGRAM as `Template` */
export const encode = (operations: readonly Operation[], options: EncodeOptions = {}): Buffer =>
  new Template(operations, options).fill();
