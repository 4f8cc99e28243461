/**
 * Rules as v1's devices controller has them: everything is denied, or allowed, and one list of exceptions (the kernel's
 * Documentation/admin-guide/cgroup-v1/devices.rst). An exception to an exception has no place there.
 */
import { createError } from '../../errors.ts';
import type { Write } from '../controller.ts';
import { ACCESS, ALL_ACCESS, covers, isEverything, overlaps, type Rule, ruleText } from './rules.ts';

export interface DeviceList {
  /** What is not on the list. */
  allow: boolean;
  exceptions: readonly Rule[];
}

/** v1's 'a' has neither numbers nor access: what is about both kinds is two rules. */
const byKind = (rule: Rule): Rule[] =>
  rule.type === undefined
    ? [
        { ...rule, type: 'b' },
        { ...rule, type: 'c' },
      ]
    : [rule];

/** A rule that says what the list's default says: exceptions that it covers go. */
function without(exceptions: readonly Rule[], rule: Rule): Rule[] {
  return exceptions.flatMap((each) => {
    const access = each.access & ~rule.access;
    if (!overlaps(each, rule) || access === each.access) return [each];
    if (covers(rule, each)) return access === 0 ? [] : [{ ...each, access }];
    throw createError('ERR_UNSUPPORTED', {
      feature: `resources.devices with ${rule.allow ? 'allow' : 'deny'} '${ruleText(rule)}'`,
      reason: `it is within '${ruleText(each)}', and cgroup v1 keeps no exceptions to exceptions`,
      hint:
        (each.access & rule.access) === ACCESS.m
          ? "leave 'm' out of its access: to make a node opens nothing"
          : 'name each device, or deny the whole range',
    });
  });
}

function withException(exceptions: readonly Rule[], rule: Rule): Rule[] {
  const same = exceptions.find((each) => covers(each, rule) && covers(rule, each));
  if (!same) return [...exceptions, rule];
  return exceptions.map((each) => (each === same ? { ...each, access: each.access | rule.access } : each));
}

/** @throws ERR_UNSUPPORTED for what one list cannot say */
export function listOf(rules: readonly Rule[]): DeviceList {
  let allow = false;
  let exceptions: Rule[] = [];
  for (const rule of rules) {
    if (isEverything(rule)) [allow, exceptions] = [rule.allow, []];
    else
      for (const each of byKind(rule))
        exceptions = each.allow === allow ? without(exceptions, each) : withException(exceptions, each);
  }
  return { allow, exceptions };
}

const file = (allow: boolean): string => (allow ? 'devices.allow' : 'devices.deny');

/** One line of a list, and what takes it back: these files can only be written. */
const line = (allow: boolean, rule: Rule): Write => ({
  file: file(allow),
  value: ruleText(rule),
  inverse: [{ file: file(!allow), value: ruleText(rule) }],
});

/** The list written anew. For a moment there are no exceptions. */
function anew({ allow, exceptions }: DeviceList, before: DeviceList | undefined): Write[] {
  const back = before?.exceptions.map((rule) => ({ file: file(!before.allow), value: ruleText(rule) })) ?? [];
  return [
    // Taken back last, and then with the exceptions that were there.
    { file: file(allow), value: 'a', inverse: [{ file: file(before?.allow ?? true), value: 'a' }, ...back] },
    ...exceptions.map((rule) => line(!allow, rule)),
  ];
}

/** What makes a new cgroup's list, or one that says `before`, say `after`. */
export function listWrites(after: DeviceList, before?: DeviceList): Write[] {
  if (!before || before.allow !== after.allow) return anew(after, before);
  const key = (rule: Rule): string => ruleText({ ...rule, access: ALL_ACCESS });
  const accesses = ({ exceptions }: DeviceList) => new Map(exceptions.map((rule) => [key(rule), rule]));
  const [old, now] = [accesses(before), accesses(after)];
  const changes = (from: Map<string, Rule>, to: Map<string, Rule>, allow: boolean): Write[] =>
    [...to].flatMap(([name, rule]) => {
      const access = rule.access & ~(from.get(name)?.access ?? 0);
      return access === 0 ? [] : [line(allow, { ...rule, access })];
    });
  // What is added comes first: no device is out of reach in between that both lists allow.
  return [...changes(old, now, !after.allow), ...changes(now, old, after.allow)];
}
