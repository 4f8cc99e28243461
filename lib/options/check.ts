/**
 * The small checks that the tables of options are made of. A check takes an unknown value and the option's name as a
 * caller would write it (`resources.memory`, `mounts[2].target`), and gives the value back in its final form or throws
 * the error that says what was expected and what came.
 *
 * Results are frozen and have no prototype: nothing that somebody put on Object.prototype, and no `__proto__` key of
 * parsed JSON, becomes an option.
 */
import { type CofferdamRangeError, type CofferdamTypeError, createError } from '../errors.ts';
import { closest } from './closest.ts';

export type Check<T> = (value: unknown, option: string) => T;

const LONGEST_SHOWN = 60;

/** A value for an error message: short, on one line, its type apparent. */
export function show(value: unknown): string {
  switch (typeof value) {
    case 'string': {
      const shown = value.length > LONGEST_SHOWN ? `${value.slice(0, LONGEST_SHOWN)}…` : value;
      return JSON.stringify(shown);
    }
    case 'function':
      return 'a function';
    case 'bigint':
      return `${value}n`;
    case 'object': {
      if (value === null) return 'null';
      if (Array.isArray(value)) return 'an array';
      const name: unknown = Object.getPrototypeOf(value)?.constructor?.name;
      return typeof name === 'string' && name !== 'Object' ? `an instance of ${name}` : 'an object';
    }
    default:
      return String(value);
  }
}

export function invalidType(option: string, expected: string, value: unknown, hint = ''): CofferdamTypeError {
  return createError('ERR_INVALID_OPTION_TYPE', { option, expected, actual: show(value), hint });
}

export function invalidValue(option: string, problem: string, value: unknown, hint = ''): CofferdamRangeError {
  return createError('ERR_INVALID_OPTION_VALUE', { option, problem, actual: show(value), hint });
}

/** The name of a member: `resources.memory`. */
export const member = (option: string, key: string): string => (option === '' ? key : `${option}.${key}`);

export const boolean: Check<boolean> = (value, option) => {
  if (typeof value !== 'boolean') throw invalidType(option, 'true or false', value);
  return value;
};

/** Any string that the kernel can be given: without NUL bytes, after which it would not read on. */
export const string: Check<string> = (value, option) => {
  if (typeof value !== 'string') throw invalidType(option, 'a string', value);
  if (value.includes('\0')) throw invalidValue(option, 'must not contain a NUL byte', value);
  return value;
};

export const nonEmpty: Check<string> = (value, option) => {
  const text = string(value, option);
  if (text === '') throw invalidValue(option, 'must not be empty', value);
  return text;
};

/** A string of a given shape. */
export function matching(pattern: RegExp, most: number, problem: string, hint = ''): Check<string> {
  return (value, option) => {
    const text = nonEmpty(value, option);
    if (text.length > most) throw invalidValue(option, `must be at most ${most} characters long`, value);
    if (!pattern.test(text)) throw invalidValue(option, problem, value, hint);
    return text;
  };
}

export interface NumberRange {
  least: number;
  most?: number;
  /** 'bytes', 'seconds'. */
  unit?: string;
  hint?: string;
}

const rangeText = ({ least, most = Number.MAX_SAFE_INTEGER, unit }: NumberRange): string => {
  const upper = most === Number.MAX_SAFE_INTEGER ? 'at most 2^53 - 1' : `at most ${most}`;
  return `must be at least ${least} and ${upper}${unit ? ` ${unit}` : ''}`;
};

/** A finite number in a range. */
export function number(range: NumberRange): Check<number> {
  const { least, most = Number.MAX_SAFE_INTEGER, hint } = range;
  return (value, option) => {
    if (typeof value !== 'number') throw invalidType(option, 'a number', value, hint);
    if (!(value >= least && value <= most)) throw invalidValue(option, rangeText(range), value, hint);
    return value;
  };
}

/** An integer in a range; what doubles cannot hold exactly is out of every range. */
export function integer(range: NumberRange): Check<number> {
  const inRange = number(range);
  return (value, option) => {
    if (typeof value === 'number' && Number.isFinite(value) && !Number.isInteger(value))
      throw invalidValue(option, 'must be an integer', value, range.hint);
    return inRange(value, option);
  };
}

/** One of a few words. */
export function oneOf<const T extends string>(words: readonly T[]): Check<T> {
  const list = words.map((word) => `'${word}'`).join(', ');
  return (value, option) => {
    if (typeof value !== 'string') throw invalidType(option, `one of ${list}`, value);
    if (!(words as readonly string[]).includes(value))
      throw invalidValue(option, `must be one of ${list}`, value, near(value, words));
    return value as T;
  };
}

export function near(word: string, words: readonly string[]): string {
  const found = closest(word, words);
  return found === undefined ? '' : `did you mean '${found}'?`;
}

/** A list whose members pass `check`. */
export function list<T>(check: Check<T>, least = 0, most = Number.MAX_SAFE_INTEGER): Check<readonly T[]> {
  return (value, option) => {
    if (!Array.isArray(value)) throw invalidType(option, 'an array', value);
    if (value.length < least)
      throw invalidValue(option, `must have at least ${least} element${least === 1 ? '' : 's'}`, value);
    if (value.length > most) throw invalidValue(option, `must have at most ${most} elements`, value);
    // Not map(): it skips the holes of sparse arrays.
    return Object.freeze(Array.from(value, (element: unknown, index) => check(element, `${option}[${index}]`)));
  };
}

/** An object's own enumerable members; the ones that are undefined count as not given. */
function members(value: unknown, option: string): [string, unknown][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalidType(option === '' ? 'options' : option, 'an object', value);
  return Object.entries(value).filter(([, given]) => given !== undefined);
}

export const bare = <T extends object>(value: T): T => Object.freeze(Object.assign(Object.create(null), value)) as T;

export type Schema = Readonly<Record<string, Check<unknown>>>;
/** What a schema's object comes to; members that were not given are undefined. */
export type Checked<S extends Schema> = { readonly [K in keyof S]: ReturnType<S[K]> | undefined };

/** An object with the members of a table and no others. */
export function fields<S extends Schema>(schema: S): Check<Checked<S>> {
  const known = Object.keys(schema);
  return (value, option) => {
    const result = Object.create(null) as Record<string, unknown>;
    for (const [key, given] of members(value, option)) {
      if (!Object.hasOwn(schema, key)) throw unknown(member(option, key), key, known);
      result[key] = (schema[key] as Check<unknown>)(given, member(option, key));
    }
    return Object.freeze(result) as Checked<S>;
  };
}

function unknown(option: string, key: string, known: readonly string[]): CofferdamTypeError {
  const hint = [near(key, known), `known here: ${known.join(', ')}`].filter(Boolean).join(' ');
  return createError('ERR_UNKNOWN_OPTION', { option, hint });
}

/** An object used as a map, with any keys that pass `checkKey`. */
export function map<T>(
  checkKey: (key: string, option: string) => void,
  check: Check<T>,
): Check<Readonly<Record<string, T>>> {
  return (value, option) => {
    const result = Object.create(null) as Record<string, T>;
    for (const [key, given] of members(value, option)) {
      checkKey(key, option);
      result[key] = check(given, member(option, key));
    }
    return Object.freeze(result);
  };
}

/** An absolute path without '..': where it leads must not depend on what is there. Comes out in its shortest form. */
export const absolutePath: Check<string> = (value, option) => {
  const path = nonEmpty(value, option);
  if (!path.startsWith('/')) throw invalidValue(option, 'must be an absolute path', value, 'begin it with /');
  const names = path.split('/').filter((name) => name !== '' && name !== '.');
  if (names.includes('..')) throw invalidValue(option, "must not contain '..'", value);
  return `/${names.join('/')}`;
};

export const abortSignal: Check<AbortSignal> = (value, option) => {
  const signal = value as AbortSignal | null;
  if (
    typeof signal !== 'object' ||
    signal === null ||
    typeof signal.aborted !== 'boolean' ||
    typeof signal.addEventListener !== 'function'
  )
    throw invalidType(option, 'an AbortSignal', value);
  return signal;
};
