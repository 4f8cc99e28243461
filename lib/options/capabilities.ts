/** Capability names to masks. */
import { CAPABILITIES } from '../program/constants.ts';
import { bare, type Check, fields, invalidType, invalidValue, list, member, near, string } from './check.ts';
import { DEFAULT_CAPABILITIES } from './defaults.ts';
import type { NormalizedCapabilities } from './normalized.ts';

/** Every bit: also those of capabilities that a later kernel has. */
const ALL = 2n ** 64n - 1n;
const BITS: ReadonlyMap<string, bigint> = new Map(CAPABILITIES.map((name, index) => [name, 1n << BigInt(index)]));
const DEFAULT = DEFAULT_CAPABILITIES.reduce((mask, name) => mask | (BITS.get(name) ?? 0n), 0n);

/** 'CAP_NET_ADMIN', 'NET_ADMIN' or 'net_admin'. */
const capability: Check<bigint> = (value, option) => {
  const name = string(value, option).toUpperCase().replace(/^CAP_/, '');
  const bit = BITS.get(name);
  if (bit === undefined)
    throw invalidValue(option, 'must be a capability of capabilities(7)', value, near(name, CAPABILITIES));
  return bit;
};

const isAll = (value: unknown): boolean => typeof value === 'string' && value.toUpperCase() === 'ALL';
const unite = (bits: readonly bigint[]): bigint => bits.reduce((mask, bit) => mask | bit, 0n);
const names: Check<bigint> = (value, option) => unite(list(capability)(value, option));
/** The same, where 'ALL' is a word too. */
const namesOrAll: Check<bigint> = (value, option) =>
  unite(list((entry, at) => (isAll(entry) ? ALL : capability(entry, at)))(value, option));

/** What a process whose sets are not told apart has: nothing inheritable or ambient (the class of CVE-2022-29162). */
const same = (mask: bigint, required: bigint): NormalizedCapabilities =>
  bare({ bounding: mask, effective: mask, permitted: mask, inheritable: 0n, ambient: 0n, required });

const SETS = ['bounding', 'effective', 'permitted', 'inheritable', 'ambient'] as const;
const changeFields = fields({ add: namesOrAll, drop: namesOrAll });
const setFields = fields({ bounding: names, effective: names, permitted: names, inheritable: names, ambient: names });

function change(value: object, option: string): NormalizedCapabilities {
  const { add = 0n, drop = 0n } = changeFields(value, option);
  // As Docker has it: `drop: ['ALL'], add: ['CHOWN']` leaves CHOWN, `add: ['ALL'], drop: ['CHOWN']` all but CHOWN.
  const mask = drop === ALL ? add : (DEFAULT | add) & ~drop;
  return same(mask, add === ALL ? 0n : add & mask);
}

/** capabilities(7), "Capability bounding set" and PR_CAP_AMBIENT: what each set must be within. */
const WITHIN = [
  ['permitted', 'bounding'],
  ['effective', 'permitted'],
  ['inheritable', 'bounding'],
  ['ambient', 'permitted'],
  ['ambient', 'inheritable'],
] as const;

function sets(value: object, option: string): NormalizedCapabilities {
  const given = setFields(value, option);
  const { bounding = 0n, effective = 0n, permitted = 0n, inheritable = 0n, ambient = 0n } = given;
  const masks = { bounding, effective, permitted, inheritable, ambient };
  for (const [inner, outer] of WITHIN) {
    const beyond = CAPABILITIES.filter((_, i) => masks[inner] & ~masks[outer] & (1n << BigInt(i)));
    if (beyond.length > 0)
      throw invalidValue(member(option, inner), `must be within ${member(option, outer)}`, beyond.join(', '));
  }
  return bare({ ...masks, required: unite(SETS.map((set) => masks[set])) });
}

export const capabilities: Check<NormalizedCapabilities> = (value, option) => {
  if (value === 'default') return same(DEFAULT, 0n);
  if (value === 'all') return same(ALL, 0n);
  if (Array.isArray(value)) {
    const mask = names(value, option);
    return same(mask, mask);
  }
  if (typeof value === 'string') throw invalidValue(option, "must be 'default', 'all', an array or an object", value);
  if (typeof value !== 'object' || value === null)
    throw invalidType(option, "'default', 'all', an array of names, { add, drop } or the five sets", value);
  return SETS.some((set) => Object.hasOwn(value, set)) ? sets(value, option) : change(value, option);
};
