/** `seccomp`: the default profile, none, another, or the default with calls more or less. */
import { hardened } from '../hardened.ts';
import { DEFAULT_PROFILE } from '../security/seccomp/profile.ts';
import { SYSCALLS } from '../security/seccomp/syscalls.ts';
import type {
  NotifyHandlers,
  ProcessSeccomp,
  SeccompAction,
  SeccompOperator,
  SeccompProfile,
  SeccompRule,
} from '../security/seccomp/types.ts';
import {
  bare,
  type Check,
  fields,
  integer,
  invalidType,
  invalidValue,
  list,
  map,
  matching,
  member,
  near,
  oneOf,
  string,
} from './check.ts';

const ACTIONS: readonly SeccompAction[] = [
  'SCMP_ACT_KILL',
  'SCMP_ACT_KILL_THREAD',
  'SCMP_ACT_KILL_PROCESS',
  'SCMP_ACT_TRAP',
  'SCMP_ACT_ERRNO',
  'SCMP_ACT_TRACE',
  'SCMP_ACT_LOG',
  'SCMP_ACT_ALLOW',
];
const OPERATORS: readonly SeccompOperator[] = [
  'SCMP_CMP_NE',
  'SCMP_CMP_LT',
  'SCMP_CMP_LE',
  'SCMP_CMP_EQ',
  'SCMP_CMP_GE',
  'SCMP_CMP_GT',
  'SCMP_CMP_MASKED_EQ',
];
const FLAGS = ['SECCOMP_FILTER_FLAG_LOG', 'SECCOMP_FILTER_FLAG_SPEC_ALLOW', 'SECCOMP_FILTER_FLAG_TSYNC'] as const;

const action = oneOf(ACTIONS);
/** MAX_ERRNO: the kernel cuts larger ones to it. */
const errno = integer({ least: 0, most: 4095 });

/** 64 bits; JSON has them as numbers, which are exact up to 2^53. */
const word: Check<number | bigint> = (value, option) => {
  if (typeof value !== 'bigint') return integer({ least: 0 })(value, option);
  if (value < 0n || value >= 2n ** 64n) throw invalidValue(option, 'must be at least 0 and less than 2^64', value);
  return value;
};

const argumentFields = fields({
  index: integer({ least: 0, most: 5 }),
  value: word,
  valueTwo: word,
  op: oneOf(OPERATORS),
});

const argument: Check<NonNullable<SeccompRule['args']>[number]> = (value, option) => {
  const { index, value: first, valueTwo, op } = argumentFields(value, option);
  if (index === undefined || op === undefined) throw invalidType(option, '{ index, value, op }', value);
  return { index, value: first ?? 0, valueTwo, op };
};

const condition = fields({
  caps: list(string),
  arches: list(string),
  minKernel: matching(/^\d+\.\d+/, 32, "must be a version such as '4.8'"),
});

const ruleFields = fields({
  names: list(string),
  // Docker's old form.
  name: string,
  action,
  errnoRet: errno,
  args: list(argument),
  includes: condition,
  excludes: condition,
  comment: string,
});

const rule: Check<SeccompRule> = (value, option) => {
  const { names, name, action: what, errnoRet, args, includes, excludes } = ruleFields(value, option);
  if (what === undefined) throw invalidType(`${option}.action`, 'an action', undefined, ACTIONS.join(', '));
  return { names: names ?? (name === undefined ? [] : [name]), action: what, errnoRet, args, includes, excludes };
};

const profileFields = fields({
  defaultAction: action,
  defaultErrnoRet: errno,
  architectures: list(string),
  // Docker's table of 32-bit variants: all that this machine has are covered anyway.
  archMap: (value: unknown) => value,
  flags: list(oneOf(FLAGS)),
  syscalls: list(rule),
});

function profile(value: object, option: string): SeccompProfile {
  const { defaultAction, defaultErrnoRet, architectures, flags, syscalls } = profileFields(value, option);
  if (defaultAction === undefined)
    throw invalidType(`${option}.defaultAction`, 'an action', undefined, ACTIONS.join(', '));
  return hardened({ defaultAction, defaultErrnoRet, architectures, ...(flags && { flags }), syscalls });
}

/** A name of syscalls(2); a wrong one would protect from nothing. */
const systemCall: Check<string> = (value, option) => {
  const name = string(value, option);
  if (!Object.hasOwn(SYSCALLS, name))
    throw invalidValue(option, 'must be a system call of syscalls(2)', value, near(name, Object.keys(SYSCALLS)));
  return name;
};

/** Without it the listener could not be handed over: it is sent when the filter is in force. */
const NEVER_NOTIFIED = 'sendmsg';
const NOTIFY_TIMEOUT = 10_000;

const handler: Check<NotifyHandlers[string]> = (value, option) => {
  if (typeof value !== 'function') throw invalidType(option, 'a function', value);
  return value as NotifyHandlers[string];
};

function notified(name: string, option: string): void {
  systemCall(name, member(option, name));
  if (name === NEVER_NOTIFIED)
    throw invalidValue(member(option, name), 'cannot be notified: the listener itself is sent by it', name);
}

const changeFields = fields({
  allow: list(systemCall),
  deny: list(systemCall),
  notify: map(notified, handler),
  notifyTimeout: integer({ least: 0, most: 2 ** 31 - 1, unit: 'milliseconds' }),
});

/** The default's rules without those calls, and one rule for each list. */
function change(value: object, option: string): ProcessSeccomp {
  const { allow = [], deny = [], notify = {}, notifyTimeout: timeout = NOTIFY_TIMEOUT } = changeFields(value, option);
  const names = Object.keys(notify);
  const lists = [allow, deny, names];
  const twice = lists.flat().find((name) => lists.filter((each) => each.includes(name)).length > 1);
  if (twice !== undefined) throw invalidValue(option, `says two things about ${twice}`, value);
  const changed = new Set(lists.flat());
  const rules = (DEFAULT_PROFILE.syscalls ?? []).map((each) => ({
    ...each,
    names: each.names.filter((name) => !changed.has(name)),
  }));
  const changedProfile = hardened<SeccompProfile>({
    ...DEFAULT_PROFILE,
    syscalls: [
      ...rules.filter(({ names }) => names.length > 0),
      { names: allow, action: 'SCMP_ACT_ALLOW' as const },
      { names: deny, action: 'SCMP_ACT_ERRNO' as const, errnoRet: DEFAULT_PROFILE.defaultErrnoRet },
      ...(names.length > 0 ? [{ names, action: 'SCMP_ACT_NOTIFY' as const }] : []),
    ],
  });
  return names.length === 0 ? changedProfile : bare({ ...changedProfile, notify: { handlers: notify, timeout } });
}

/** What is a change of the default, and not a profile. */
const CHANGES = ['allow', 'deny', 'notify', 'notifyTimeout'];

/** Undefined: no filter. */
export const seccomp: Check<ProcessSeccomp | 'unconfined'> = (value, option) => {
  if (value === 'default') return DEFAULT_PROFILE;
  if (value === 'unconfined') return value;
  if (typeof value === 'string')
    throw invalidValue(
      option,
      "must be 'default', 'unconfined' or an object",
      value,
      'read a profile with JSON.parse()',
    );
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalidType(option, "'default', 'unconfined', { allow, deny, notify } or a profile", value);
  return CHANGES.some((key) => Object.hasOwn(value, key)) ? change(value, option) : profile(value, option);
};
