import assert from 'node:assert/strict';
import type { Operation } from '../../../lib/program/operation.ts';

/** Arguments of an operation, whatever it is; absent ones are undefined. */
export type LooseArguments = Readonly<Record<string, unknown>>;

/** Arguments of an operation that must be there. */
export function argsOf(operation: Operation | undefined): LooseArguments {
  assert.ok(operation, 'no such operation');
  return operation.args as LooseArguments;
}

/** A byte argument as text. */
export const textOf = (data: unknown): string => Buffer.from(data as Uint8Array).toString();
