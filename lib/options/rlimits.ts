/** Resource limits of a process, getrlimit(2). */
import { RLIMIT } from '../program/constants.ts';
import { bare, type Check, fields, integer, invalidType, invalidValue, member, type Schema } from './check.ts';
import type { NormalizedRlimit } from './normalized.ts';
import type { RlimitName } from './types.ts';

/** RLIM_INFINITY, as the encoder writes it in 64 bits. */
export const UNLIMITED = -1;

const limit: Check<number> = (value, option) => {
  if (value === 'unlimited') return UNLIMITED;
  if (typeof value !== 'number') throw invalidType(option, "a number or 'unlimited'", value);
  return integer({ least: 0 })(value, option);
};

const pair = fields({ soft: limit, hard: limit });

type Limits = { soft: number; hard: number };

const rlimit: Check<Limits> = (value, option) => {
  if (typeof value !== 'object') {
    const both = limit(value, option);
    return { soft: both, hard: both };
  }
  const { soft, hard } = pair(value, option);
  if (soft === undefined) throw invalidType(member(option, 'soft'), "a number or 'unlimited'", soft);
  if (hard === undefined) throw invalidType(member(option, 'hard'), "a number or 'unlimited'", hard);
  if (hard !== UNLIMITED && (soft === UNLIMITED || soft > hard))
    throw invalidValue(member(option, 'soft'), `must be at most ${member(option, 'hard')}, ${hard}`, soft);
  return { soft, hard };
};

const rlimitFields = fields(
  Object.fromEntries(Object.keys(RLIMIT).map((name) => [name, rlimit])) as Record<
    RlimitName,
    Check<Limits>
  > satisfies Schema,
);

export const rlimits: Check<readonly NormalizedRlimit[]> = (value, option) => {
  const given = rlimitFields(value, option);
  return Object.freeze(
    Object.entries(given).map(([name, limits]) =>
      bare({ resource: RLIMIT[name as RlimitName], ...(limits as Limits) }),
    ),
  );
};
