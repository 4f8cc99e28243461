/**
 * Rules as a program that v2 runs for each open(2) and mknod(2) of a device: BPF_PROG_TYPE_CGROUP_DEVICE, given a struct
 * bpf_cgroup_dev_ctx. It takes the rules from the last to the first: one that allows takes its access off what is still
 * asked for, until nothing is; one that denies any of it ends in a refusal.
 */
import { ALL_ACCESS, type Rule } from './rules.ts';

/** linux/bpf.h, linux/bpf_common.h: operations on 64-bit registers, the second operand a constant (K) unless said. */
const OP = {
  loadWord: 0x61, // BPF_LDX | BPF_MEM | BPF_W
  move: 0xb7,
  moveRegister: 0xbf, // BPF_ALU64 | BPF_MOV | BPF_X
  and: 0x57,
  shiftRight: 0x77,
  jumpIfEqual: 0x15,
  jumpUnlessEqual: 0x55,
  exit: 0x95,
} as const;

/** The context comes in CONTEXT, the answer goes out in ANSWER. */
const [ANSWER, CONTEXT, TYPE, ACCESS, MAJOR, MINOR] = [0, 1, 2, 3, 4, 5];

/** Offsets in struct bpf_cgroup_dev_ctx; the access is in the upper half of the first word, the type in the lower. */
const CONTEXT_WORDS = { access: 0, major: 4, minor: 8 } as const;
/** BPF_DEVCG_DEV_*. */
const TYPES = { b: 1, c: 2 } as const;

/** One struct bpf_insn. */
export interface Instruction {
  code: number;
  to: number;
  from: number;
  /** Of memory, or of a jump: from the next instruction on. */
  offset: number;
  value: number;
}

const instruction = (code: number, to: number, rest: Partial<Instruction> = {}): Instruction => ({
  code,
  to,
  from: 0,
  offset: 0,
  value: 0,
  ...rest,
});

const answer = (allowed: boolean): Instruction[] => [
  instruction(OP.move, ANSWER, { value: allowed ? 1 : 0 }),
  instruction(OP.exit, 0),
];

const PROLOGUE: readonly Instruction[] = [
  instruction(OP.loadWord, ACCESS, { from: CONTEXT, offset: CONTEXT_WORDS.access }),
  instruction(OP.moveRegister, TYPE, { from: ACCESS }),
  instruction(OP.and, TYPE, { value: 0xffff }),
  instruction(OP.shiftRight, ACCESS, { value: 16 }),
  instruction(OP.loadWord, MAJOR, { from: CONTEXT, offset: CONTEXT_WORDS.major }),
  instruction(OP.loadWord, MINOR, { from: CONTEXT, offset: CONTEXT_WORDS.minor }),
];

/** What a rule does with an access to one of its devices. */
function effect({ allow, access }: Rule): Instruction[] {
  if (allow)
    return [
      instruction(OP.and, ACCESS, { value: ALL_ACCESS & ~access }),
      instruction(OP.jumpUnlessEqual, ACCESS, { value: 0, offset: 2 }),
      ...answer(true),
    ];
  return [
    instruction(OP.moveRegister, ANSWER, { from: ACCESS }),
    instruction(OP.and, ANSWER, { value: access }),
    // Nothing that is asked for is denied here: on, over the answer.
    instruction(OP.jumpIfEqual, ANSWER, { value: 0, offset: 2 }),
    ...answer(false),
  ];
}

function instructionsOf(rule: Rule): Instruction[] {
  const conditions = (
    [
      [TYPE, rule.type && TYPES[rule.type]],
      [MAJOR, rule.major],
      [MINOR, rule.minor],
    ] as const
  ).filter((each): each is readonly [number, number] => each[1] !== undefined);
  const then = effect(rule);
  return [
    ...conditions.map(([register, value], index) =>
      instruction(OP.jumpUnlessEqual, register, { value, offset: conditions.length - index - 1 + then.length }),
    ),
    ...then,
  ];
}

/** A program that decides as the rules do; what no rule is about is denied. */
export function assemble(rules: readonly Rule[]): Instruction[] {
  return [...PROLOGUE, ...[...rules].reverse().flatMap(instructionsOf), ...answer(false)];
}

/** As bpf(2) takes it: eight bytes each. */
export function encode(instructions: readonly Instruction[]): Uint8Array {
  const bytes = new Uint8Array(instructions.length * 8);
  const view = new DataView(bytes.buffer);
  instructions.forEach(({ code, to, from, offset, value }, index) => {
    view.setUint8(index * 8, code);
    view.setUint8(index * 8 + 1, to | (from << 4));
    view.setInt16(index * 8 + 2, offset, true);
    view.setInt32(index * 8 + 4, value, true);
  });
  return bytes;
}
