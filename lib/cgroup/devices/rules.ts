/**
 * Which devices a container may open: a list of rules, of which the last one that matches counts, for each kind of access
 * by itself. Both versions of cgroups are given the same rules: v1 as a list (list.ts), v2 as a program (program.ts).
 */
import type { DeviceRule } from '../../options/types.ts';

/** Bits of the kernel's enum, BPF_DEVCG_ACC_* of linux/bpf.h; v1 has the letters. */
export const ACCESS = { m: 1, r: 2, w: 4 } as const;
export const ALL_ACCESS = ACCESS.m | ACCESS.r | ACCESS.w;

export interface Rule {
  allow: boolean;
  /** Both when undefined. */
  type: 'b' | 'c' | undefined;
  /** Every number when undefined. */
  major: number | undefined;
  minor: number | undefined;
  /** Bits of ACCESS. */
  access: number;
}

const everything = (allow: boolean): Rule => ({
  allow,
  type: undefined,
  major: undefined,
  minor: undefined,
  access: ALL_ACCESS,
});
const character = (major: number | undefined, minor?: number, access: number = ALL_ACCESS): Rule => ({
  ...everything(true),
  type: 'c',
  major,
  minor,
  access,
});

/**
 * What containers have before the rules of their own: the six nodes of the default /dev (mem(4), tty(4)), pseudo-terminals,
 * and making nodes of any kind, which opens nothing.
 */
const DEFAULT_RULES: readonly Rule[] = [
  everything(false),
  { ...everything(true), access: ACCESS.m },
  ...[3, 5, 7, 8, 9].map((minor) => character(1, minor)), // null, zero, full, random, urandom
  character(5, 0), // tty
  character(5, 2), // ptmx
  character(136), // pts
];

const accessBits = (letters: string): number =>
  [...letters].reduce((bits, letter) => bits | ACCESS[letter as keyof typeof ACCESS], 0);

/** A rule that leaves nothing of those before it. */
export const isEverything = ({ type, major, minor, access }: Rule): boolean =>
  type === undefined && major === undefined && minor === undefined && access === ALL_ACCESS;

/** The defaults, then those of the option; from the last one that is about everything on. */
export function rulesOf(devices: readonly DeviceRule[]): Rule[] {
  const own = devices.map(({ allow, type, major, minor, access = 'rwm' }): Rule => {
    const kind = type === 'b' || type === 'c' ? type : undefined;
    return { allow, type: kind, major, minor, access: accessBits(access) };
  });
  const rules = [...DEFAULT_RULES, ...own];
  return rules.slice(rules.findLastIndex(isEverything));
}

const within = <T>(wide: T | undefined, narrow: T | undefined): boolean => wide === undefined || wide === narrow;
const meets = <T>(one: T | undefined, other: T | undefined): boolean => within(one, other) || within(other, one);

/** Whether every device of `narrow` is one of `wide`, whatever the access. */
export const covers = (wide: Rule, narrow: Rule): boolean =>
  within(wide.type, narrow.type) && within(wide.major, narrow.major) && within(wide.minor, narrow.minor);

/** Whether there is a device that both are about. */
export const overlaps = (one: Rule, other: Rule): boolean =>
  meets(one.type, other.type) && meets(one.major, other.major) && meets(one.minor, other.minor);

/** 'c 1:3 rwm', as v1 has it. */
export function ruleText({ type, major, minor, access }: Rule): string {
  const letters = (['r', 'w', 'm'] as const).filter((letter) => access & ACCESS[letter]).join('');
  return `${type ?? 'a'} ${major ?? '*'}:${minor ?? '*'} ${letters}`;
}
