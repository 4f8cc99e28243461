/** The table of descriptors that a launch program names: who may use which number, and what to call it in messages. */
import { createError } from '../errors.ts';
import { type Actor, MAX_SLOTS, REQUEST_DESCRIPTORS } from './contract.ts';
import { type Operation, operation } from './operation.ts';

const STDIO = ['stdin', 'stdout', 'stderr'] as const;

interface Slot {
  name: string;
  /** Where a path below this descriptor leads to, for people: '/' for the new root, '/dev' for its device directory. */
  path: string | undefined;
}

/** 0 to 2 are the ends of the standard streams, then the descriptors of the launch request, then what is reserved. */
export class SlotTable {
  /** How many slots the launch request fills: the header's `descriptors`. */
  readonly descriptors: number;
  readonly #slots: Slot[];

  /** @param given How many descriptors beyond the three standard streams come with the request. */
  constructor(given = 0) {
    this.#slots = STDIO.map((name) => ({ name, path: undefined }));
    for (let i = 0; i < given; i++) this.reserve(`descriptor ${i + STDIO.length}`);
    this.descriptors = this.#slots.length;
  }

  /** A number of its own for `name`. @throws {CofferdamError} ERR_PROGRAM beyond the contract's most. */
  reserve(name: string, path?: string): number {
    if (this.#slots.length >= MAX_SLOTS)
      throw createError('ERR_PROGRAM', {
        problem: `needs more than ${MAX_SLOTS} descriptors`,
        hint: 'give fewer mounts or descriptors',
      });
    return this.#slots.push({ name, path }) - 1;
  }

  /** How many there are: the header's `slots`. */
  get size(): number {
    return this.#slots.length;
  }

  label(slot: number): string | undefined {
    return this.#slots[slot]?.name;
  }

  path(slot: number): string | undefined {
    return this.#slots[slot]?.path;
  }
}

/**
 * Operations that fetch the descriptors that one message to the launcher does not take (unix(7), SCM_MAX_FD): the addon
 * puts them on the launch's own socket. They come first in the program.
 * @param actor the side that runs first
 */
export function receiveOperations(slots: SlotTable, actor: Actor): Operation[] {
  const count = slots.descriptors - REQUEST_DESCRIPTORS;
  return count > 0 ? [operation('receive', { count, into: REQUEST_DESCRIPTORS }, { actor })] : [];
}
