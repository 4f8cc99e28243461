/** What a profile answers to a call, by reading its rules one after the other: another way than the compiler's. */
import { ARCHITECTURE_NAMES, SYSCALLS } from '../../../lib/security/seccomp/syscalls.ts';
import type {
  SeccompArgument,
  SeccompCondition,
  SeccompOperator,
  SeccompProfile,
  SeccompRule,
} from '../../../lib/security/seccomp/types.ts';
import type { SeccompData } from './bpf.ts';

/** AUDIT_ARCH_* of linux/audit.h. */
export const AUDIT = { x86_64: 0xc000003e, x86: 0x40000003, aarch64: 0xc00000b7, arm: 0x40000028 } as const;
export type Architecture = keyof typeof AUDIT;

/** SECCOMP_RET_* of linux/seccomp.h. */
export const RETURN = {
  SCMP_ACT_KILL: 0,
  SCMP_ACT_KILL_THREAD: 0,
  SCMP_ACT_KILL_PROCESS: 0x80000000,
  SCMP_ACT_TRAP: 0x00030000,
  SCMP_ACT_ERRNO: 0x00050000,
  SCMP_ACT_NOTIFY: 0x7fc00000,
  SCMP_ACT_TRACE: 0x7ff00000,
  SCMP_ACT_LOG: 0x7ffc0000,
  SCMP_ACT_ALLOW: 0x7fff0000,
} as const;
const ENOSYS = RETURN.SCMP_ACT_ERRNO + 38;
const X32 = 0x40000000;

export interface Place {
  machine: 'x64' | 'arm64';
  kernel: string;
  /** Without CAP_. */
  capabilities: readonly string[];
}

/** A machine's own architecture and its 32-bit one: names here, in profiles, and in Docker's conditions. */
const MACHINES = {
  x64: { own: 'x86_64', other: 'x86', otherInProfiles: 'SCMP_ARCH_X86', docker: 'amd64' },
  arm64: { own: 'aarch64', other: 'arm', otherInProfiles: 'SCMP_ARCH_ARM', docker: 'arm64' },
} as const;

const returned = (action: SeccompRule['action'], errno = 1): number =>
  RETURN[action] + (action === 'SCMP_ACT_ERRNO' || action === 'SCMP_ACT_TRACE' ? errno : 0);

const HOLDS: Record<SeccompOperator, (argument: bigint, value: bigint, second: bigint) => boolean> = {
  SCMP_CMP_EQ: (a, b) => a === b,
  SCMP_CMP_NE: (a, b) => a !== b,
  SCMP_CMP_LT: (a, b) => a < b,
  SCMP_CMP_LE: (a, b) => a <= b,
  SCMP_CMP_GE: (a, b) => a >= b,
  SCMP_CMP_GT: (a, b) => a > b,
  SCMP_CMP_MASKED_EQ: (a, b, c) => (a & b) === (c & b),
};

const holds = ({ index, op, value, valueTwo = 0 }: SeccompArgument, args: readonly bigint[]): boolean =>
  HOLDS[op](args[index] ?? 0n, BigInt(value), BigInt(valueTwo));

function isAtLeast(kernel: string, least: string): boolean {
  const [a, b] = [kernel, least].map((text) => /^(\d+)\.(\d+)/.exec(text)?.slice(1).map(Number) ?? [0, 0]);
  const [[major, minor], [leastMajor, leastMinor]] = [a, b] as [[number, number], [number, number]];
  return major > leastMajor || (major === leastMajor && minor >= leastMinor);
}

function counts({ includes, excludes }: SeccompRule, place: Place): boolean {
  const has = (name: string) => place.capabilities.includes(name.replace(/^CAP_/, ''));
  const native = MACHINES[place.machine].docker;
  const answers = ({ caps = [], arches = [], minKernel }: SeccompCondition) => [
    ...caps.map(has),
    ...(arches.length > 0 ? [arches.includes(native)] : []),
    ...(minKernel === undefined ? [] : [isAtLeast(place.kernel, minKernel)]),
  ];
  return !(includes && answers(includes).includes(false)) && !(excludes && answers(excludes).includes(true));
}

/** The highest number of an architecture, but for arm's private calls. */
const NEWEST = ARCHITECTURE_NAMES.map((_, column) =>
  Math.max(...Object.values(SYSCALLS).map((row) => ((row[column] as number) < 0xf0000 ? (row[column] as number) : 0))),
);

/** A SECCOMP_RET_* value with its data. */
export function answerOf(profile: SeccompProfile, place: Place, { number, audit, args }: SeccompData): number {
  const { own, other, otherInProfiles } = MACHINES[place.machine];
  const architecture = [own, other].find((name) => AUDIT[name] === audit);
  if (!architecture) return RETURN.SCMP_ACT_KILL_PROCESS;
  const { architectures, defaultAction, defaultErrnoRet } = profile;
  if (architecture === other && architectures && !architectures.includes(otherInProfiles))
    return RETURN.SCMP_ACT_KILL_PROCESS;
  if (architecture === 'x86_64' && number >= X32) return ENOSYS;

  const column = ARCHITECTURE_NAMES.indexOf(architecture);
  const isThis = (name: string) => SYSCALLS[name]?.[column] === number;
  const rules = (profile.syscalls ?? []).filter((rule) => rule.names.some(isThis) && counts(rule, place));
  const conditional = rules.find((rule) => rule.args?.length && rule.args.every((each) => holds(each, args)));
  const rule = conditional ?? rules.find(({ args: conditions }) => !conditions?.length);
  if (rule) return returned(rule.action, rule.errnoRet);
  const isUnknown = rules.length === 0 && number > (NEWEST[column] as number);
  return isUnknown && defaultAction === 'SCMP_ACT_ERRNO' ? ENOSYS : returned(defaultAction, defaultErrnoRet);
}
