/**
 * Equal options are one object. Most launches of a program are given the options of the one before, so what options come
 * to is kept by a text that tells them apart, and what follows from them (lib/launch/prepare.ts) can be kept by identity.
 *
 * Only plain data is kept: a text of an instance or a function would not say all that a check looks at. A getter or a proxy could
 * say one thing to the text and another to the checks, and what those made of it would be everybody's. JSON.stringify()
 * is no such text; it takes undefined for absent in some places, NaN for null, and whatever a `toJSON` says.
 */
import { types } from 'node:util';

/** Characters: a seccomp profile of a hundred rules has about twenty thousand, others are rarely given twice. */
const LONGEST = 32 * 1024;

/** Levels: no option has as many, and what has no end, such as a cycle, is for the checks to refuse. */
const DEEPEST = 20;

const isPlain = (value: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
};

/** A member that is there as data; for one that is computed, what has no text. */
function dataOf(value: object, key: string | number): unknown {
  const descriptor = Object.getOwnPropertyDescriptor(value, key);
  return descriptor && !('value' in descriptor) ? (descriptor.get ?? null) : descriptor?.value;
}

/** Undefined for what is not plain, or too deep. Strings go with their lengths, so that no text can look like another's structure. */
function textOf(value: unknown, depth = 0, apart?: ReadonlySet<string>): string | undefined {
  switch (typeof value) {
    case 'string':
      return `${value.length}"${value}`;
    case 'number':
      return Number.isFinite(value) ? `${value},` : undefined;
    case 'boolean':
      return value ? 'y' : 'n';
    case 'object': {
      if (value === null || types.isProxy(value) || depth > DEEPEST) return undefined;
      if (Array.isArray(value)) {
        let text = '[';
        for (let i = 0; i < value.length && text.length <= LONGEST; i++) {
          const element = textOf(dataOf(value, i), depth + 1);
          if (element === undefined) return undefined;
          text += element;
        }
        return `${text}]`;
      }
      if (!isPlain(value)) return undefined;
      let text = '{';
      for (const key of Object.keys(value)) {
        if (apart?.has(key)) continue;
        const given = dataOf(value, key);
        if (given === undefined) continue;
        const member = textOf(given, depth + 1);
        if (member === undefined) return undefined;
        text += `${key.length}:${key}${member}`;
        if (text.length > LONGEST) return undefined;
      }
      return `${text}}`;
    }
    default:
      return undefined;
  }
}

const MOST = 32;

/** What options came to, of late. */
export class Interned<Value> {
  readonly #known = new Map<string, Value>();
  readonly #apart: ReadonlySet<string>;

  /** @param apart members that are another at each call, and that `make` does not look at for its result */
  constructor(apart: readonly string[]) {
    this.#apart = new Set(apart);
  }

  /** What `make` made of equal options, or makes of these; what it throws is not kept. */
  of(options: unknown, make: () => Value): Value {
    const text = typeof options === 'object' ? textOf(options, 0, this.#apart) : undefined;
    if (text === undefined || text.length > LONGEST) return make();
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    const made = make();
    this.#known.set(text, made);
    if (this.#known.size > MOST) this.#known.delete(this.#known.keys().next().value as string);
    return made;
  }
}

/** A member of options that is kept apart: its own, or undefined. */
export const ownMember = (options: unknown, key: string): unknown =>
  typeof options === 'object' && options !== null && Object.hasOwn(options, key)
    ? (options as Record<string, unknown>)[key]
    : undefined;
