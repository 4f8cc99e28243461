/** Changes of JSON texts, by their structure: what comes out can always be parsed. */
import { pick, type Random } from './engine.ts';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** What texts are made of besides what they hold already. */
export interface Words {
  strings: readonly string[];
  keys: readonly string[];
}

/** Around the borders of words, where comparisons of halves go wrong. */
const NUMBERS = [0, 1, 2, 38, 255, 256, 4095, 4096, 0x7fffffff, 0x80000000, 0xffffffff, 2 ** 32, 2 ** 53, -1, 0.5];
/** 64 bits, which JSON's numbers do not hold. */
const BIG = ['0n', '1n', '4294967295n', '4294967296n', '9223372036854775808n', '18446744073709551615n', '-1n'];
const ODD: readonly Json[] = [null, true, '', '__proto__', [], {}, [null], { constructor: 1 }];

/** A text's value. Strings of digits with an n are BigInts; `__proto__` is a key of its own, as JSON.parse() has it. */
export const parse = (text: string): unknown =>
  JSON.parse(text, (_, value) =>
    typeof value === 'string' && /^-?\d+n$/.test(value) ? BigInt(value.slice(0, -1)) : value,
  );

/** Every object and array of a value, itself first. */
function branches(value: Json): (Json[] | { [key: string]: Json })[] {
  if (typeof value !== 'object' || value === null) return [];
  return [value, ...Object.values(value).flatMap(branches)];
}

const copy = <Value extends Json>(value: Value): Value => JSON.parse(JSON.stringify(value));

function leaf(old: Json | undefined, words: Words, random: Random): Json {
  if (random() < 0.1) return copy(pick(random, ODD));
  if (typeof old === 'number' || (typeof old === 'string' && /^-?\d+n$/.test(old)))
    return random() < 0.3 ? pick(random, BIG) : random() < 0.5 ? pick(random, NUMBERS) : Math.floor(random() * 2 ** 33);
  return pick(random, words.strings);
}

function changeArray(list: Json[], words: Words, random: Random): void {
  const at = Math.floor(random() * (list.length + 1));
  const old = list[Math.min(at, list.length - 1)];
  const way = random();
  if (way < 0.25) list.splice(at, 1);
  else if (way < 0.5 && old !== undefined) list.splice(at, 0, copy(old));
  else if (way < 0.6) list.splice(at);
  else if (way < 0.65) list.push(...copy(list));
  else if (way < 0.7) list.reverse();
  else if (typeof old !== 'object') list.splice(at, random() < 0.5 ? 1 : 0, leaf(old, words, random));
}

function changeObject(object: { [key: string]: Json }, words: Words, random: Random): void {
  const keys = Object.keys(object);
  const key = random() < 0.8 && keys.length > 0 ? pick(random, keys) : pick(random, words.keys);
  const old = object[key];
  if (random() < 0.15) delete object[key];
  else if (typeof old !== 'object' || random() < 0.1) object[key] = leaf(old, words, random);
}

/** One text from another, and with some luck a part of a third. */
export function changed(text: string, other: string, words: Words, random: Random): string {
  const box = [JSON.parse(text) as Json];
  for (let times = 1 + Math.floor(random() * 4); times > 0; times--) {
    const branch = pick(random, branches(box));
    if (branch === box) continue;
    if (random() < 0.1) {
      const part = copy(pick(random, branches([JSON.parse(other) as Json]).slice(1)) ?? null);
      if (Array.isArray(branch)) branch.push(...(Array.isArray(part) ? part.slice(0, 8) : [part]));
      else branch[pick(random, words.keys)] = part;
    } else if (Array.isArray(branch)) changeArray(branch, words, random);
    else changeObject(branch, words, random);
  }
  const result = JSON.stringify(box[0]);
  return result === undefined || result.length > 60_000 ? text : result;
}
