/** Profiles to filters: which rules count here, what each system call's number gets, ranges of equals, instructions. */
import { release } from 'node:os';
import { createError } from '../../errors.ts';
import { hardened } from '../../hardened.ts';
import { CAPABILITIES } from '../../program/constants.ts';
import {
  assemble,
  type Case,
  type Comparison,
  type Decision,
  encodeFilter,
  MOST_INSTRUCTIONS,
  type Range,
} from './bpf.ts';
import { ARCHITECTURE_NAMES, SYSCALLS } from './syscalls.ts';
import type { SeccompAction, SeccompArgument, SeccompCondition, SeccompProfile, SeccompRule } from './types.ts';

type ArchitectureName = (typeof ARCHITECTURE_NAMES)[number];

interface Architecture {
  /** AUDIT_ARCH_* of linux/audit.h. */
  audit: number;
  /** In profiles: of the OCI specification, and of Docker's conditions. */
  oci: string;
  docker: string;
}

const ARCHITECTURES: Readonly<Record<ArchitectureName, Architecture>> = {
  x86_64: { audit: 0xc000003e, oci: 'SCMP_ARCH_X86_64', docker: 'amd64' },
  x86: { audit: 0x40000003, oci: 'SCMP_ARCH_X86', docker: 'x86' },
  aarch64: { audit: 0xc00000b7, oci: 'SCMP_ARCH_AARCH64', docker: 'arm64' },
  arm: { audit: 0x40000028, oci: 'SCMP_ARCH_ARM', docker: 'arm' },
};

/** What processes of a machine may be made of, its own first. */
const OF_MACHINE: Readonly<Record<string, readonly ArchitectureName[]>> = {
  x64: ['x86_64', 'x86'],
  arm64: ['aarch64', 'arm'],
};

/** SECCOMP_RET_* of linux/seccomp.h; the low 16 bits are the errno, or what a tracer is told. */
const ACTIONS: Readonly<Record<SeccompAction, number>> = {
  SCMP_ACT_KILL: 0x00000000,
  SCMP_ACT_KILL_THREAD: 0x00000000,
  SCMP_ACT_KILL_PROCESS: 0x80000000,
  SCMP_ACT_TRAP: 0x00030000,
  SCMP_ACT_ERRNO: 0x00050000,
  SCMP_ACT_TRACE: 0x7ff00000,
  SCMP_ACT_LOG: 0x7ffc0000,
  SCMP_ACT_ALLOW: 0x7fff0000,
  SCMP_ACT_NOTIFY: 0x7fc00000,
};

const WITH_DATA = new Set<SeccompAction>(['SCMP_ACT_ERRNO', 'SCMP_ACT_TRACE']);
const EPERM = 1;
const ENOSYS = 38;

const actionOf = (action: SeccompAction, errno = EPERM): number =>
  WITH_DATA.has(action) ? ACTIONS[action] + errno : ACTIONS[action];

/** Calls of the x32 variant come as x86-64's, with this bit in their numbers; no distribution's programs make any. */
const X32 = 0x40000000;

/** seccomp(2)'s flags. SECCOMP_FILTER_FLAG_TSYNC means nothing to a process of one thread. */
const FLAGS: Readonly<Record<string, number>> = {
  SECCOMP_FILTER_FLAG_TSYNC: 0,
  SECCOMP_FILTER_FLAG_LOG: 2,
  SECCOMP_FILTER_FLAG_SPEC_ALLOW: 4,
};

/** What rules depend on. */
export interface SeccompContext {
  /** Mask of capabilities(7): the process's bounding set. */
  capabilities: bigint;
  /** Default: this machine's. */
  machine?: string;
  /** Default: this kernel's. */
  kernel?: string;
}

const version = (text: string): [number, number] => {
  const [major = 0, minor = 0] = text.split(/[.-]/).map(Number);
  return [major, minor];
};

function isOlder(kernel: string, least: string): boolean {
  const [major, minor] = version(kernel);
  const [leastMajor, leastMinor] = version(least);
  return major < leastMajor || (major === leastMajor && minor < leastMinor);
}

interface Place extends Required<SeccompContext> {
  architecture: ArchitectureName;
}

const hasCapability = (mask: bigint, name: string): boolean => {
  const index = (CAPABILITIES as readonly string[]).indexOf(name.replace(/^CAP_/, ''));
  return index >= 0 && (mask & (1n << BigInt(index))) !== 0n;
};

/** What a condition asks for, each whether it is so. */
const answers = ({ caps = [], arches = [], minKernel }: SeccompCondition, place: Place): boolean[] => [
  ...caps.map((name) => hasCapability(place.capabilities, name)),
  ...(arches.length > 0 ? [arches.includes(ARCHITECTURES[nativeOf(place)].docker)] : []),
  ...(minKernel === undefined ? [] : [!isOlder(place.kernel, minKernel)]),
];

const nativeOf = ({ machine }: Pick<Place, 'machine'>): ArchitectureName =>
  architecturesOf(machine)[0] as ArchitectureName;

function architecturesOf(machine: string): readonly ArchitectureName[] {
  const found = OF_MACHINE[machine];
  if (!found)
    throw createError('ERR_UNSUPPORTED', {
      feature: 'seccomp',
      reason: `there is no table of system calls for ${machine}`,
      hint: "give seccomp: 'unconfined'",
    });
  return found;
}

const NONE: SeccompCondition = hardened({});

const counts = ({ includes = NONE, excludes = NONE }: SeccompRule, place: Place): boolean =>
  answers(includes, place).every(Boolean) && !answers(excludes, place).some(Boolean);

const OPERATORS: Readonly<Record<SeccompArgument['op'], Comparison['operator']>> = {
  SCMP_CMP_NE: 'ne',
  SCMP_CMP_LT: 'lt',
  SCMP_CMP_LE: 'le',
  SCMP_CMP_EQ: 'eq',
  SCMP_CMP_GE: 'ge',
  SCMP_CMP_GT: 'gt',
  SCMP_CMP_MASKED_EQ: 'eq',
};

const ALL_BITS = 2n ** 64n - 1n;
const bits = (value: number | bigint | undefined): bigint => BigInt.asUintN(64, BigInt(value ?? 0));

function comparisonOf({ index, value, valueTwo, op }: SeccompArgument): Comparison {
  const operator = OPERATORS[op];
  if (op === 'SCMP_CMP_MASKED_EQ') return { index, operator, mask: bits(value), value: bits(valueTwo) & bits(value) };
  return { index, operator, mask: ALL_BITS, value: bits(value) };
}

/** What each number gets: cases with comparisons in the profile's order, then the one without, or the default. */
function decisionsOf(profile: SeccompProfile, place: Place): Map<number, Decision> {
  const column = ARCHITECTURE_NAMES.indexOf(place.architecture);
  const cases = new Map<number, { some: Case[]; always: number | undefined }>();
  for (const rule of profile.syscalls ?? []) {
    if (!counts(rule, place)) continue;
    const action = actionOf(rule.action, rule.errnoRet);
    for (const name of rule.names) {
      const number = SYSCALLS[name]?.[column] ?? -1;
      if (number < 0) continue;
      const known = cases.get(number) ?? { some: [], always: undefined };
      cases.set(number, known);
      if (rule.args && rule.args.length > 0) known.some.push({ comparisons: rule.args.map(comparisonOf), action });
      else known.always ??= action;
    }
  }
  const standard = actionOf(profile.defaultAction, profile.defaultErrnoRet);
  return new Map(
    [...cases].map(([number, { some, always }]) => [
      number,
      [...some, { comparisons: [], action: always ?? standard }],
    ]),
  );
}

const same = (a: Decision, b: Decision): boolean =>
  a === b || (a.length === 1 && b.length === 1 && a[0]?.action === b[0]?.action);

/** What one call gets on this machine, by its own architecture's table. */
export function decisionFor(profile: SeccompProfile, context: SeccompContext, name: string): Decision {
  const { capabilities, machine = process.arch, kernel = release() } = context;
  const architecture = nativeOf({ machine });
  const number = SYSCALLS[name]?.[ARCHITECTURE_NAMES.indexOf(architecture)] ?? -1;
  // What is said of the hundreds of others takes milliseconds to look at.
  const rules = profile.syscalls
    ?.filter(({ names }) => names.includes(name))
    .map((rule) => ({ ...rule, names: [name] }));
  const about = { ...profile, syscalls: rules };
  return (
    decisionsOf(about, { capabilities, machine, kernel, architecture }).get(number) ?? [
      { comparisons: [], action: actionOf(profile.defaultAction, profile.defaultErrnoRet) },
    ]
  );
}

/** Of actions: the call is made, and nobody is asked. */
export const isAllowed = (action: number): boolean =>
  action === ACTIONS.SCMP_ACT_ALLOW || action === ACTIONS.SCMP_ACT_LOG;

function rangesOf(profile: SeccompProfile, place: Place): Range[] {
  const column = ARCHITECTURE_NAMES.indexOf(place.architecture);
  const decisions = decisionsOf(profile, place);
  const standard: Decision = [{ comparisons: [], action: actionOf(profile.defaultAction, profile.defaultErrnoRet) }];
  // What a kernel newer than this table has is not there: programs then do without, where EPERM would be a failure.
  const isRefusal = profile.defaultAction === 'SCMP_ACT_ERRNO';
  const unknown: Decision = isRefusal ? [{ comparisons: [], action: actionOf('SCMP_ACT_ERRNO', ENOSYS) }] : standard;
  const numbers = Object.values(SYSCALLS).map((row) => row[column] as number);
  // The private calls of arm are far above the others.
  const newest = Math.max(...numbers.filter((number) => number < 0xf0000));

  const ranges: Range[] = [{ first: 0, decision: decisions.get(0) ?? standard }];
  const from = (first: number, decision: Decision) => {
    const last = ranges.at(-1) as Range;
    if (last.first === first) ranges.pop();
    if (!same((ranges.at(-1) ?? { decision: [] }).decision, decision)) ranges.push({ first, decision });
  };
  for (let number = 1; number <= newest; number++) from(number, decisions.get(number) ?? standard);
  from(newest + 1, unknown);
  for (const number of [...decisions.keys()].filter((each) => each > newest).sort((a, b) => a - b)) {
    from(number, decisions.get(number) as Decision);
    from(number + 1, unknown);
  }
  if (place.architecture === 'x86_64') from(X32, [{ comparisons: [], action: actionOf('SCMP_ACT_ERRNO', ENOSYS) }]);
  return ranges;
}

export interface SeccompFilter {
  filter: Uint8Array;
  /** Of seccomp(2). */
  flags: number;
}

/**
 * The filter that a profile means for a process with these capabilities.
 * @throws ERR_UNSUPPORTED on a machine without a table; ERR_INVALID_OPTION_VALUE for a profile too large for the kernel
 */
export function compileSeccomp(profile: SeccompProfile, context: SeccompContext): SeccompFilter {
  const { capabilities, machine = process.arch, kernel = release() } = context;
  const wanted = profile.architectures;
  const filters = architecturesOf(machine)
    .filter((name, index) => index === 0 || !wanted || wanted.includes(ARCHITECTURES[name].oci))
    .map((architecture) => ({
      audit: ARCHITECTURES[architecture].audit,
      ranges: rangesOf(profile, { capabilities, machine, kernel, architecture }),
    }));
  const instructions = assemble(filters, ACTIONS.SCMP_ACT_KILL_PROCESS);
  if (instructions.length > MOST_INSTRUCTIONS)
    throw createError('ERR_INVALID_OPTION_VALUE', {
      option: 'seccomp',
      problem: `needs ${instructions.length} instructions, the kernel takes ${MOST_INSTRUCTIONS}`,
      actual: 'a profile',
      hint: 'use fewer comparisons of arguments',
    });
  return {
    filter: encodeFilter(instructions),
    flags: (profile.flags ?? []).reduce((sum, flag) => sum | (FLAGS[flag] ?? 0), 0),
  };
}
