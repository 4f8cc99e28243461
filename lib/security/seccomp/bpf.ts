/**
 * Classic BPF for seccomp(2): decisions about system call numbers and their arguments as instructions. The filter looks
 * the number up in a binary tree of ranges, so that a call costs about nine comparisons; what needs no look at arguments
 * the kernel even remembers (Linux 5.11).
 */

/** linux/filter.h, linux/bpf_common.h. */
const LOAD = 0x20; // BPF_LD | BPF_W | BPF_ABS
const AND = 0x54; // BPF_ALU | BPF_AND | BPF_K
const JUMP = 0x05; // BPF_JMP | BPF_JA
const JUMP_EQUAL = 0x15;
const JUMP_GREATER = 0x25;
const JUMP_GREATER_EQUAL = 0x35;
const RETURN = 0x06;

/** Offsets in struct seccomp_data. */
const NUMBER = 0;
const ARCHITECTURE = 4;
const ARGUMENTS = 16;

/** One struct sock_filter. */
export interface Instruction {
  readonly code: number;
  /** Instructions to skip when a jump's condition holds, and when not. */
  readonly yes: number;
  readonly no: number;
  readonly k: number;
}

/** A place in the filter that jumps lead to: before whatever is written next. */
class Label {
  readonly isLabel = true;
}

/** An instruction whose jumps lead to labels; without one it goes on behind itself. */
interface Step {
  readonly code: number;
  readonly k: number;
  readonly yes?: Label;
  readonly no?: Label;
}

type Item = Label | Step;

/** A comparison of 64 bits. */
export interface Comparison {
  readonly index: number;
  readonly operator: 'eq' | 'ne' | 'ge' | 'gt' | 'le' | 'lt';
  /** Applied first. */
  readonly mask: bigint;
  readonly value: bigint;
}

/** What is answered, and when: all comparisons must hold. */
export interface Case {
  readonly comparisons: readonly Comparison[];
  /** A SECCOMP_RET_* value with its data. */
  readonly action: number;
}

/** The first case that holds; the last one has no comparisons. */
export type Decision = readonly Case[];

/** From `first` on, up to the next range. */
export interface Range {
  readonly first: number;
  readonly decision: Decision;
}

export interface ArchitectureFilter {
  /** AUDIT_ARCH_*. */
  readonly audit: number;
  /** Sorted by `first`; the first one begins at 0. */
  readonly ranges: readonly Range[];
}

const MASK = 0xffffffffn;
const low = (value: bigint): number => Number(value & MASK);
const high = (value: bigint): number => Number((value >> 32n) & MASK);

/** A word of an argument, masked; little-endian, as all architectures here are. */
function load(index: number, mask: bigint, half: 'low' | 'high'): Item[] {
  const word = half === 'low' ? low(mask) : high(mask);
  const k = ARGUMENTS + index * 8 + (half === 'low' ? 0 : 4);
  return [{ code: LOAD, k }, ...(word === 0xffffffff ? [] : [{ code: AND, k: word }])];
}

/** How the low words are compared once the high ones are equal, and whether the comparison is the opposite of that. */
const ORDER: Readonly<Record<Comparison['operator'], readonly [code: number, opposite: boolean]>> = {
  eq: [JUMP_EQUAL, false],
  ne: [JUMP_EQUAL, true],
  gt: [JUMP_GREATER, false],
  le: [JUMP_GREATER, true],
  ge: [JUMP_GREATER_EQUAL, false],
  lt: [JUMP_GREATER_EQUAL, true],
};

/** Goes on behind itself when the comparison holds, else to `fails`. */
function compare({ index, operator, mask, value }: Comparison, fails: Label): Item[] {
  const [code, opposite] = ORDER[operator];
  const holds = new Label();
  const [yes, no] = opposite ? [fails, holds] : [holds, fails];
  return [
    ...load(index, mask, 'high'),
    // The high words decide, unless they are equal.
    ...(code === JUMP_EQUAL ? [] : [{ code: JUMP_GREATER, k: high(value), yes }]),
    { code: JUMP_EQUAL, k: high(value), no },
    ...load(index, mask, 'low'),
    { code, k: low(value), yes, no },
    holds,
  ];
}

/** The first case that holds. */
const decide = (decision: Decision): Item[] =>
  decision.flatMap(({ comparisons, action }) => {
    const next = new Label();
    return [...comparisons.flatMap((each) => compare(each, next)), { code: RETURN, k: action }, next];
  });

/** Ranges to a binary tree of jumps, behind it what they lead to, each once. */
function search(ranges: readonly Range[]): Item[] {
  const leaves = new Map<Decision | number, { label: Label; items: Item[] }>();
  const leafOf = ({ decision }: Range): Label => {
    const [only, more] = decision;
    const key = more === undefined && only ? only.action : decision;
    const known = leaves.get(key) ?? { label: new Label(), items: decide(decision) };
    leaves.set(key, known);
    return known.label;
  };
  const tree = (part: readonly Range[]): { label: Label; items: Item[] } => {
    if (part.length === 1) return { label: leafOf(part[0] as Range), items: [] };
    const middle = part.length >> 1;
    const below = tree(part.slice(0, middle));
    const above = tree(part.slice(middle));
    const label = new Label();
    const jump = { code: JUMP_GREATER_EQUAL, k: (part[middle] as Range).first, yes: above.label, no: below.label };
    return { label, items: [label, jump, ...below.items, ...above.items] };
  };
  const { items } = tree(ranges);
  return [...items, ...[...leaves.values()].flatMap((leaf) => [leaf.label, ...leaf.items])];
}

/** Jumps have 8 bits: what is further away is reached by a jump of its own, right behind. */
const FARTHEST = 255;

interface Placed {
  item: Step;
  yesIsFar: boolean;
  noIsFar: boolean;
  at: number;
}

const sizeOf = ({ yesIsFar, noIsFar }: Placed): number => 1 + (yesIsFar ? 1 : 0) + (noIsFar ? 1 : 0);

/** Labels to distances. */
function resolve(items: readonly Item[]): Instruction[] {
  const placed: Placed[] = [];
  const before = new Map<Label, number>();
  for (const item of items) {
    if (item instanceof Label) before.set(item, placed.length);
    else placed.push({ item, yesIsFar: false, noIsFar: false, at: 0 });
  }
  let end = 0;
  const target = (label: Label): number => placed[before.get(label) as number]?.at ?? end;
  // Each jump that is added moves others further away; none is ever taken back.
  for (let settled = false; !settled; ) {
    settled = true;
    end = 0;
    for (const each of placed) {
      each.at = end;
      end += sizeOf(each);
    }
    for (const each of placed) {
      const { yes, no } = each.item;
      const isFar = (label: Label | undefined) => label !== undefined && target(label) - each.at - 1 > FARTHEST;
      if (!each.yesIsFar && isFar(yes)) [each.yesIsFar, settled] = [true, false];
      if (!each.noIsFar && isFar(no)) [each.noIsFar, settled] = [true, false];
    }
  }
  return placed.flatMap((each) => {
    const { item, yesIsFar, noIsFar, at } = each;
    const behind = sizeOf(each) - 1;
    const skip = (label: Label | undefined, from: number) => (label ? target(label) - from - 1 : behind);
    const made: Instruction[] = [
      {
        code: item.code,
        k: item.k >>> 0,
        yes: yesIsFar ? 0 : skip(item.yes, at),
        no: noIsFar ? behind - 1 : skip(item.no, at),
      },
    ];
    if (item.yes === undefined && item.no === undefined) return [{ ...(made[0] as Instruction), yes: 0, no: 0 }];
    if (yesIsFar) made.push({ code: JUMP, yes: 0, no: 0, k: skip(item.yes, at + 1) });
    if (noIsFar) made.push({ code: JUMP, yes: 0, no: 0, k: skip(item.no, at + behind) });
    return made;
  });
}

/**
 * A filter for several architectures: numbers mean something only together with the architecture, and a call of any other
 * gets `foreign`.
 */
export function assemble(architectures: readonly ArchitectureFilter[], foreign: number): Instruction[] {
  return resolve([
    { code: LOAD, k: ARCHITECTURE },
    ...architectures.flatMap(({ audit, ranges }) => {
      const other = new Label();
      return [{ code: JUMP_EQUAL, k: audit, no: other }, { code: LOAD, k: NUMBER }, ...search(ranges), other];
    }),
    { code: RETURN, k: foreign },
  ]);
}

/** BPF_MAXINSNS. */
export const MOST_INSTRUCTIONS = 4096;

/** As seccomp(2) takes it: struct sock_filter, eight bytes each. */
export function encodeFilter(instructions: readonly Instruction[]): Uint8Array {
  const bytes = new Uint8Array(instructions.length * 8);
  const view = new DataView(bytes.buffer);
  instructions.forEach(({ code, yes, no, k }, index) => {
    view.setUint16(index * 8, code, true);
    view.setUint8(index * 8 + 2, yes);
    view.setUint8(index * 8 + 3, no);
    view.setUint32(index * 8 + 4, k, true);
  });
  return bytes;
}
