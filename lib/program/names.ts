/**
 * The names of one launch. Whatever a launch makes on the host is called after them, so that programs of a kind differ
 * in their names alone: a program that is made once for many launches has marks in their places.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import type { Operation } from './operation.ts';
import type { SlotTable } from './slots.ts';

type SlotNames = Pick<SlotTable, 'label' | 'path'>;

export interface LaunchNames {
  /** The container's. */
  readonly id: string;
  /**
   * Another at each launch, 12 characters. With the id alone, a second program that uses the same id would find the first
   * one's cgroup there, and its undo would end the first one's container.
   */
  readonly nonce: string;
  /** What the network gave this launch, such as its addresses: see lib/network/given.ts. */
  readonly given?: readonly string[] | undefined;
}

/** Beyond what anybody can give by chance or on purpose: a control character, and 122 random bits of this process. */
const secret = (name: string): string => `\u0001${name}-${randomUUID()}`;

/** How many things a launch may be given. */
export const MOST_GIVEN = 320;
const GIVEN = secret('given');

/** What stands for names in a program for many launches. */
export const MARKS: LaunchNames = {
  id: secret('id'),
  nonce: secret('nonce'),
  given: Array.from({ length: MOST_GIVEN }, (_, index) => `${GIVEN}${index};`),
};

const EITHER = new RegExp(`(${MARKS.id}|${MARKS.nonce}|${GIVEN}\\d+;)`);

/** A text with marks as its parts, the marks among them; undefined when there are none. */
export const splitAtMarks = (text: string): readonly string[] | undefined =>
  text.includes('\u0001') && EITHER.test(text) ? text.split(EITHER) : undefined;

/** A text's parts with names for marks. */
export function named(parts: readonly string[], names: LaunchNames): string {
  let text = '';
  for (const part of parts) {
    if (part === MARKS.id) text += names.id;
    else if (part === MARKS.nonce) text += names.nonce;
    else if (part.startsWith(GIVEN)) text += names.given?.[Number(part.slice(GIVEN.length, -1))] ?? '';
    else text += part;
  }
  return text;
}

const NONCE_SIZE = 6;
/** One call into the random number generator costs as much as a hundred launches' worth of it. */
const POOL = 128 * NONCE_SIZE;
let pool = '';
let taken = 0;

/** 48 random bits as 12 characters. */
export function randomName(): string {
  if (taken === pool.length) {
    pool = randomBytes(POOL).toString('hex');
    taken = 0;
  }
  taken += 2 * NONCE_SIZE;
  return pool.slice(taken - 2 * NONCE_SIZE, taken);
}

/** A value of an operation's arguments with names for marks. */
function renamed(value: unknown, names: LaunchNames): unknown {
  if (typeof value !== 'string') return value;
  const parts = splitAtMarks(value);
  return parts ? named(parts, names) : value;
}

/** An operation with names for marks. */
export const nameOperation = (made: Operation, names: LaunchNames): Operation =>
  ({
    ...made,
    args: Object.fromEntries(Object.entries(made.args).map(([key, value]) => [key, renamed(value, names)])),
  }) as Operation;

/** What descriptors are called, with names for marks. */
export const nameSlots = (slots: SlotNames, names: LaunchNames): SlotNames => ({
  label: (slot) => renamed(slots.label(slot), names) as string | undefined,
  path: (slot) => renamed(slots.path(slot), names) as string | undefined,
});
