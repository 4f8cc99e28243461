/** An undo that failed, in words: which operation it was, and what the program that it ran wrote. */
import { describeErrno } from '../errors.ts';
import type { UndoFailure } from '../native.ts';
import { decodeOperations } from './decode.ts';

/** As errors name it. @param program the bytes that were run */
export function undoFailureFields(failure: UndoFailure, program: Uint8Array): { errno: string; step: string } {
  const operation = decodeOperations(program)[failure.step] ?? `operation ${failure.step}`;
  const said = failure.messages?.trim().split('\n')[0];
  return { errno: describeErrno(failure.errno).code, step: said ? `${operation}, which said: ${said}` : operation };
}

/** In one line, such as `EBUSY: remove cgroup /sys/fs/cgroup/cofferdam/box`. */
export function undoFailureText(failure: UndoFailure, program: Uint8Array): string {
  const { errno, step } = undoFailureFields(failure, program);
  return `${errno}: ${step}`;
}
